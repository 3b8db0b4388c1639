import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { utf8 } from '../../../kernel/index.ts';
import type { FunctionRequest } from '../../abi/index.ts';
import { NO_SESSION } from '../../wasi/index.ts';
import { BytePack, unpack } from './byte-pack.ts';
import { type CallTerms, CallWriter, readCalls } from './call-start.ts';

const bytes = fc.uint8Array({ maxLength: 30 });
/** Lone surrogates as well: what crosses is what was there. */
const text = fc.string({ unit: 'binary' });
const texts = fc.array(fc.tuple(text, text)).map((entries) => new Map(entries));
const state = fc.array(fc.tuple(text, bytes)).map((entries) => new Map(entries));
const request: fc.Arbitrary<Omit<FunctionRequest, 'body'>> = fc.record({
  method: text,
  url: text,
  id: text,
  headers: texts,
  params: texts,
  state,
  responseHeaders: texts,
});
const session = fc.nat().map((handles) => ({ ...NO_SESSION, handles }));
const terms: fc.Arbitrary<CallTerms> = fc.record({
  call: fc.nat(),
  module: fc.nat(),
  grants: fc.nat(7),
  deadlineMs: fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }),
  cpuMs: fc.nat(),
  outputBytes: fc.nat(),
  argumentBytes: fc.nat(),
  hostCallsPerSecond: fc.nat(),
  logBytes: fc.nat(),
  maxPages: fc.nat(65_536),
  caller: fc.nat(),
  session: fc.option(session, { nil: undefined }),
});
const call = fc.record({ terms, input: bytes, request: fc.option(request, { nil: undefined }) });
const SIMPLE: CallTerms = {
  call: 1,
  module: 1,
  grants: 0,
  deadlineMs: 1,
  cpuMs: 1,
  outputBytes: 1,
  argumentBytes: 1,
  hostCallsPerSecond: 1,
  logBytes: 1,
  maxPages: 1,
  caller: 1,
  session: undefined,
};

test('calls cross over whole and in order, one message after the other', () => {
  fc.assert(
    fc.property(fc.array(fc.array(call, { maxLength: 4 }), { maxLength: 3 }), bytes, (messages, other) => {
      const pack = new BytePack();
      const writer = new CallWriter(pack);
      for (const calls of messages) {
        // Others use the pack too.
        const offset = pack.add(other);
        for (const one of calls) writer.add(one.terms, one.input, one.request && { ...one.request, body: one.input });
        const sent = structuredClone(writer.finish());
        const read = readCalls(sent.calls, sent.bytes);
        assert.equal(read.length, calls.length);
        for (const [i, { terms: sentTerms, input, request: sentRequest }] of calls.entries()) {
          const start = read[i]!;
          for (const [name, value] of Object.entries(sentTerms)) {
            assert.deepEqual(start[name as keyof CallTerms], value, name);
          }
          assert.deepEqual(start.input, input);
          assert.equal(start.hasRequest, sentRequest !== undefined);
          if (sentRequest === undefined) continue;
          // Twice: it is made anew, and its maps are the reader's.
          for (let times = 0; times < 2; times++) {
            const copy = start.request();
            assert.deepEqual(copy, { ...sentRequest, body: input });
            copy.headers.clear();
          }
        }
        assert.deepEqual(unpack(sent.bytes, offset, other.length), other);
      }
    }),
  );
});

test('a crowd of calls crosses in one message', () => {
  const writer = new CallWriter(new BytePack());
  for (let i = 0; i < 5000; i++) writer.add({ ...SIMPLE, call: i }, utf8(`input ${i}`), undefined);
  const { calls, bytes: pack } = writer.finish();
  const read = readCalls(calls, pack);
  assert.equal(read.length, 5000);
  assert.ok(read.every((start, i) => start.call === i && Buffer.from(start.input).toString() === `input ${i}`));
  assert.deepEqual(readCalls(writer.finish().calls, new ArrayBuffer(0)), [], 'nothing stays behind');
});

test('texts beyond what one message should have ask for the next one', () => {
  const writer = new CallWriter(new BytePack());
  const url = 'x'.repeat(1 << 23);
  const large = { method: 'GET', id: '', body: utf8('') };
  const empty = { headers: new Map(), params: new Map(), state: new Map(), responseHeaders: new Map() };
  for (const full of [false, true]) {
    writer.add(SIMPLE, large.body, { ...large, ...empty, url });
    assert.equal(writer.full, full);
  }
  writer.finish();
  assert.equal(writer.full, false);
});

test('a request that is none leaves nothing behind', () => {
  const writer = new CallWriter(new BytePack());
  const whole = { method: 'GET', url: '/', id: 'i', body: utf8('b'), headers: new Map([['a', 'b']]) };
  const rest = { params: new Map(), state: new Map(), responseHeaders: new Map() };
  writer.add(SIMPLE, whole.body, { ...whole, ...rest });
  const broken = { ...whole, ...rest, state: undefined } as unknown as FunctionRequest;
  assert.throws(() => writer.add({ ...SIMPLE, session: NO_SESSION }, whole.body, broken), TypeError);
  writer.add({ ...SIMPLE, call: 2 }, whole.body, { ...whole, ...rest });
  const { calls, bytes: pack } = writer.finish();
  const read = readCalls(calls, pack);
  assert.deepEqual(
    read.map((start) => [start.call, start.session, start.request()]),
    [1, 2].map((number) => [number, undefined, { ...whole, ...rest }]),
  );
});
