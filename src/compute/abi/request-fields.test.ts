import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fromUtf8, utf8 } from '../../kernel/index.ts';
import { RequestFields } from './request-fields.ts';
import type { FunctionRequest } from './request.ts';

const META = 0;
const BODY = 1;
const HEADER = 2;
const PARAMS = 3;
const STATE = 4;
const QUERY = 5;

function request(changes: Partial<FunctionRequest> = {}): FunctionRequest {
  return {
    method: 'POST',
    url: '/a/b?x=1&y=a%20b+c&x=2#frag?z=1',
    id: '5ed0e7a6-8d07-4c0d-a2d3-0a4f7e7c5d1b',
    body: utf8('{"name":"Ada","age":36}'),
    headers: new Map([['content-type', 'application/json']]),
    params: new Map([['Id', '7']]),
    state: new Map([['step', utf8('out')]]),
    responseHeaders: new Map(),
    ...changes,
  };
}

function fields(changes: Partial<FunctionRequest> = {}, room = 10_000): RequestFields {
  return new RequestFields(request(changes), room);
}

function read(of: RequestFields, type: number, key: string): string {
  const answer = of.get(type, key);
  return answer.ok ? fromUtf8(answer.value) : `! ${answer.message}`;
}

test('reading every type of field', () => {
  const of = fields();
  assert.equal(read(of, META, 'method'), 'POST');
  assert.equal(read(of, META, 'url'), '/a/b?x=1&y=a%20b+c&x=2#frag?z=1');
  assert.equal(read(of, META, 'parsedURL'), '/a/b?x=1&y=a%20b+c&x=2#frag?z=1');
  assert.equal(read(of, META, 'id'), '5ed0e7a6-8d07-4c0d-a2d3-0a4f7e7c5d1b');
  assert.equal(read(of, META, 'body'), '{"name":"Ada","age":36}');
  assert.equal(read(of, BODY, 'name'), 'Ada');
  assert.equal(read(of, HEADER, 'Content-Type'), 'application/json');
  assert.equal(read(of, PARAMS, 'Id'), '7');
  assert.equal(read(of, STATE, 'step'), 'out');
  assert.equal(read(of, QUERY, 'x'), '1');
  assert.equal(read(of, QUERY, 'y'), 'a b c');
});

test('a missing key is an empty value', () => {
  const of = fields();
  for (const [type, key] of [
    [META, 'other'],
    [HEADER, 'x'],
    [PARAMS, 'id'],
    [STATE, 'x'],
    [QUERY, 'z'],
  ] as const) {
    assert.deepEqual(of.get(type, key), { ok: true, value: new Uint8Array(0), found: false });
  }
  assert.equal(read(fields({ body: new Uint8Array(0) }), BODY, 'x'), '');
});

test('what cannot be read says why', () => {
  const of = fields();
  assert.equal(read(of, 6, 'x'), '! unknown field type 6');
  assert.equal(read(of, -1, 'x'), '! unknown field type -1');
  assert.equal(read(of, BODY, 'x'), '! failed to get BodyField: body does not contain field x');
  assert.equal(read(of, BODY, 'age'), '! failed to get BodyField: field age of the body is not a string');
  assert.equal(read(of, BODY, 'toString'), '! failed to get BodyField: body does not contain field toString');
  for (const body of ['[]', '"x"', 'null', '{', '\ufeff{}']) {
    assert.equal(read(fields({ body: utf8(body) }), BODY, 'x'), '! failed to get BodyField: body is not a JSON object');
  }
});

test('what was written is read back in the same call, and is the change', () => {
  const of = fields();
  assert.equal(of.changes(), undefined);
  assert.equal(of.set(META, 'method', utf8('PUT')), undefined);
  assert.equal(of.set(META, 'url', utf8('/c')), undefined);
  assert.equal(of.set(META, 'id', utf8('x')), undefined);
  assert.equal(of.set(HEADER, 'x-a', utf8('1')), undefined);
  assert.equal(of.set(PARAMS, 'p', utf8('2')), undefined);
  assert.equal(of.set(STATE, 's', Uint8Array.of(255)), undefined);
  assert.equal(read(of, META, 'method'), 'PUT');
  assert.equal(read(of, META, 'id'), '5ed0e7a6-8d07-4c0d-a2d3-0a4f7e7c5d1b');
  assert.equal(read(of, HEADER, 'X-A'), '1');
  assert.deepEqual(of.changes(), {
    method: 'PUT',
    url: '/c',
    headers: new Map([['x-a', '1']]),
    params: new Map([['p', '2']]),
    state: new Map([['s', Uint8Array.of(255)]]),
  });
});

test('header keys are stored as written and looked up in lower case', () => {
  const of = fields();
  of.set(HEADER, 'X-Foo', utf8('1'));
  assert.equal(read(of, HEADER, 'X-Foo'), '');
  assert.deepEqual(of.changes()?.headers, new Map([['X-Foo', '1']]));
});

test('body members are encoded when somebody looks at the body', () => {
  const of = fields();
  of.set(BODY, 'name', utf8('Grace'));
  of.set(BODY, '__proto__', utf8('x'));
  assert.equal(read(of, BODY, 'name'), 'Grace');
  assert.equal(read(of, META, 'body'), '{"name":"Grace","age":36,"__proto__":"x"}');
  assert.equal(fromUtf8(of.changes()!.body!), '{"name":"Grace","age":36,"__proto__":"x"}');
});

test('a new body replaces members that were read before', () => {
  const of = fields();
  assert.equal(read(of, BODY, 'name'), 'Ada');
  of.set(META, 'body', utf8('{"name":"Lin"}'));
  assert.equal(read(of, BODY, 'name'), 'Lin');
  of.set(META, 'body', utf8('none'));
  assert.equal(read(of, BODY, 'name'), '! failed to get BodyField: body is not a JSON object');
  assert.deepEqual(of.changes(), { body: utf8('none') });
});

test('writes that cannot be done say why, for the log', () => {
  assert.equal(fields().set(QUERY, 'x', utf8('1')), 'fields of type 5 cannot be set');
  assert.equal(fields().set(META, 'x', utf8('1')), 'there is no such meta field');
  assert.equal(fields({ body: utf8('x') }).set(BODY, 'x', utf8('1')), 'body is not a JSON object');
  const empty = fields({ body: new Uint8Array(0) });
  assert.equal(empty.set(BODY, 'x', utf8('1')), undefined);
  assert.equal(empty.changes(), undefined);
});

test('a guest cannot store without end', () => {
  const of = fields({}, 100);
  assert.equal(of.set(STATE, 'a', new Uint8Array(99)), undefined);
  assert.equal(of.set(STATE, 'b', utf8('')), 'the request holds too much already');
  assert.equal(of.setResponseHeader('x', 'y'), 'the request holds too much already');
  const many = fields({}, 1 << 20);
  for (let i = 0; i < 256; i++) assert.equal(many.setResponseHeader(`x-${i}`, 'v'), undefined);
  assert.equal(many.setResponseHeader('x-256', 'v'), 'a response has at most 256 headers');
  assert.equal(many.setResponseHeader('x-255', 'w'), undefined);
  assert.equal(many.responseHeaders.get('x-255'), 'w');
});

test('a guest cannot store more fields than a request can have, those that were there included', () => {
  for (const [type, given] of [
    [HEADER, 1],
    [PARAMS, 1],
    [STATE, 1],
  ] as const) {
    const of = fields({}, 1 << 20);
    for (let i = given; i < 1024; i++) assert.equal(of.set(type, `k${i}`, utf8('v')), undefined);
    assert.equal(of.set(type, 'one more', utf8('v')), 'a request has at most 1024 fields of a kind');
    assert.equal(of.set(type, 'k5', utf8('w')), undefined, 'what is there can be replaced');
    assert.equal(read(of, type, 'k5'), 'w');
    assert.equal(read(of, type, 'one more'), '');
  }
});

test('response headers that would split the response are refused', () => {
  const of = fields();
  for (const name of ['', 'a b', 'a:', 'a\r\n', 'ä', 'a\0']) {
    assert.equal(of.setResponseHeader(name, 'v'), 'the header name is not a token');
  }
  for (const value of ['a\r\nb: c', 'a\n', '\0', '\u007f']) {
    assert.equal(of.setResponseHeader('a', value), 'the header value holds control characters');
  }
  assert.equal(of.setResponseHeader('X-Good', 'a\tb ü'), undefined);
  assert.deepEqual(of.responseHeaders, new Map([['X-Good', 'a\tb ü']]));
});

test('no type, key or value makes a field throw', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 40 }),
      fc.array(fc.tuple(fc.boolean(), fc.integer({ min: -1, max: 7 }), fc.string(), fc.uint8Array({ maxLength: 20 }))),
      (body, steps) => {
        const of = fields({ body });
        for (const [write, type, key, value] of steps) {
          if (write) of.set(type, key, value);
          else of.get(type, key);
        }
        of.changes();
      },
    ),
  );
});
