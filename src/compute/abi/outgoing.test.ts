import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { EMPTY, utf8 } from '../../kernel/index.ts';
import { methodOf, outgoingRequest } from './outgoing.ts';

test('method numbers of generation 3 and of those before', () => {
  const numbers = [-1, 0, 1, 2, 3, 4, 5, 6, 7];
  assert.deepEqual(
    numbers.map((number) => methodOf(number, 'current')),
    [undefined, 'GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE', undefined],
  );
  assert.deepEqual(
    numbers.map((number) => methodOf(number, 'old')),
    [undefined, 'GET', 'GET', 'POST', 'PATCH', 'DELETE', 'PATCH', 'DELETE', undefined],
  );
});

test('URL and headers in one text', () => {
  const headersOf = (target: string): unknown => outgoingRequest(0, 'current', target, EMPTY)?.headers;
  assert.deepEqual(headersOf('https://a.example:8443/x?y=z'), []);
  assert.deepEqual(headersOf('https://a.example::Authorization:Bearer abc::X-A: 1::X-A:2'), [
    ['Authorization', 'Bearer abc'],
    ['X-A', ' 1'],
    ['X-A', '2'],
  ]);
  assert.deepEqual(headersOf('u::A:'), [['A', '']]);
  // A header without a colon or with two cannot be expressed: −2 for the guest.
  assert.equal(headersOf('u::A'), undefined);
  assert.equal(headersOf('u::A:1:2'), undefined);
  assert.equal(headersOf('http://[::1]/'), undefined);
  assert.equal(headersOf('u::'), undefined);
  assert.equal(outgoingRequest(7, 'current', 'u', EMPTY), undefined);
});

test('a body without a type is an octet stream', () => {
  const headersOf = (target: string, body: Uint8Array): unknown => outgoingRequest(3, 'current', target, body)?.headers;
  assert.deepEqual(headersOf('u', utf8('x')), [['Content-Type', 'application/octet-stream']]);
  assert.deepEqual(headersOf('u::content-TYPE:text/plain', utf8('x')), [['content-TYPE', 'text/plain']]);
  assert.deepEqual(headersOf('u', EMPTY), []);
});

test('every list of headers without colons in their parts comes back', () => {
  const part = fc.string({ minLength: 1 }).filter((text) => !text.includes(':'));
  fc.assert(
    fc.property(part, fc.array(fc.tuple(part, part)), (url, headers) => {
      const target = [url, ...headers.map(([name, value]) => `${name}:${value}`)].join('::');
      const parsed = outgoingRequest(0, 'current', target, EMPTY);
      assert.equal(parsed?.url, url);
      assert.deepEqual(parsed?.headers, headers);
    }),
  );
});
