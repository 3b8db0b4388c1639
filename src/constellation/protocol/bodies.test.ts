import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { codeOf } from '../../../test/support/hostile.ts';
import { BareWriter } from '../../kernel/bare/index.ts';
import { concat } from '../../kernel/index.ts';
import {
  decodeAnswer,
  decodeAsk,
  decodeBye,
  decodeCall,
  decodeDeploy,
  decodeDeployed,
  decodeLog,
  decodeOffer,
  decodeRejected,
  decodeResult,
  encodeAnswer,
  encodeAsk,
  encodeCall,
  encodeDeploy,
  encodeDeployed,
  encodeLog,
  encodeOffer,
  encodeResult,
} from './index.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 40 });
const bytes = fc.uint8Array({ maxLength: 100 });
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const record = <T>(shape: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record(shape, { noNullPrototype: true }) as fc.Arbitrary<T>;
const mapOf = <V>(value: fc.Arbitrary<V>): fc.Arbitrary<Map<string, V>> =>
  fc.array(fc.tuple(text, value), { maxLength: 5 }).map((entries) => new Map(entries));
const texts = mapOf(text);
const state = mapOf(bytes);
const digest = fc.uint8Array({ minLength: 32, maxLength: 32 });

suite('bodies come back as they were sent', () => {
  const roundTrip = <T>(
    name: string,
    values: fc.Arbitrary<T>,
    encode: (v: T) => Uint8Array,
    decode: (b: Uint8Array) => T,
  ): void => {
    test(name, () => fc.assert(fc.property(values, (value) => assert.deepEqual(decode(encode(value)), value))));
  };

  const request = record({
    id: text,
    method: text,
    url: text,
    headers: texts,
    params: texts,
    state,
    responseHeaders: texts,
    body: bytes,
  });
  const u16 = fc.integer({ min: 0, max: 0xffff });
  roundTrip(
    'CALL',
    record({
      deployment: u32,
      functionIndex: u16,
      remainingMs: u32,
      request,
      caller: fc.string({ maxLength: 64 }),
      trace: fc.string({ maxLength: 64 }),
    }),
    encodeCall,
    decodeCall,
  );

  const usage = record({ cpuUs: u32, wallUs: u32, queueUs: u32, memoryBytes: u32 });
  // Nothing changed is undefined, never an empty record.
  const changes = fc
    .record(
      { method: text, url: text, body: bytes, headers: texts, params: texts, state },
      { requiredKeys: [], noNullPrototype: true },
    )
    .map((some) => (Object.keys(some).length === 0 ? undefined : some));
  const outcome = fc.oneof(
    record({
      kind: fc.constant('output' as const),
      output: fc.option(bytes, { nil: undefined }),
      responseHeaders: texts,
      changes,
    }),
    record({
      kind: fc.constant('error' as const),
      code: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      message: text,
    }),
    record({ kind: fc.constant('failure' as const), code: text, message: text }),
  );
  roundTrip('RESULT', record({ outcome, usage }), encodeResult as never, decodeResult as never);

  const ask = record({
    kind: fc.constantFrom('cache-get' as const, 'static-file' as const, 'secret' as const),
    call: u32,
    name: text,
  });
  const keep = record({
    kind: fc.constant('cache-set' as const),
    call: u32,
    name: text,
    value: bytes,
    ttlSeconds: u32,
  });
  roundTrip('ASK', fc.oneof(ask, keep), encodeAsk, decodeAsk);
  const value = record({ ok: fc.constant(true as const), value: bytes });
  const none = record({
    ok: fc.constant(false as const),
    reason: fc.constantFrom('refused' as const, 'missing' as const, 'failed' as const),
    message: text,
  });
  roundTrip('ANSWER', fc.oneof(value, none), encodeAnswer, decodeAnswer);
  const level = fc.constantFrom('error' as const, 'warn' as const, 'info' as const, 'debug' as const);
  roundTrip('LOG', record({ level, text }), encodeLog, decodeLog);

  const limits = mapOf(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }));
  const deployed = record({ name: text, digest, size: u32, grants: text, cpuMs: u32, outputBytes: u32, limits });
  const functions = fc.array(deployed, { maxLength: 5 });
  roundTrip(
    'DEPLOY',
    record({ application: text, version: text, functions }),
    encodeDeploy as never,
    decodeDeploy as never,
  );
  roundTrip('DEPLOYED', fc.array(text, { maxLength: 20 }), encodeDeployed as never, decodeDeployed as never);
  roundTrip(
    'OFFER',
    record({
      version: fc.integer({ min: 0, max: 255 }),
      instance: fc.uint8Array({ minLength: 16, maxLength: 16 }),
      concurrency: u32,
      software: text,
      labels: texts,
      ceiling: digest,
      cached: fc.array(digest, { maxLength: 5 }),
      declined: fc.integer({ min: 0, max: 255 }),
    }),
    encodeOffer as never,
    decodeOffer as never,
  );
});

test('a trace has a bound', () => {
  const request = {
    id: '',
    method: '',
    url: '',
    headers: new Map(),
    params: new Map(),
    state: new Map(),
    responseHeaders: new Map(),
    body: new Uint8Array(0),
  };
  const call = { deployment: 1, functionIndex: 0, remainingMs: 1, request, caller: '' };
  assert.equal(decodeCall(encodeCall({ ...call, trace: 'x'.repeat(64) })).trace.length, 64);
  assert.equal(
    codeOf(() => decodeCall(encodeCall({ ...call, trace: 'x'.repeat(65) }))),
    'CONSTELLATION_MALFORMED_FRAME',
  );
});

test('what is not known counts as the cautious thing', () => {
  assert.equal(decodeBye(Uint8Array.of(200)), 1);
  assert.equal(decodeRejected(Uint8Array.of(200)), 0);
  assert.equal(decodeLog(Uint8Array.of(9, 1, 0x61)).level, 'info');
  assert.deepEqual(decodeAnswer(Uint8Array.of(9, 1, 0x61)), { ok: false, reason: 'failed', message: 'a' });
});

test('bytes after the last field are left to later versions', () => {
  const body = encodeAsk({ kind: 'secret', call: 1, name: 'a' });
  assert.deepEqual(decodeAsk(concat(body, Uint8Array.of(1, 2, 3))), { kind: 'secret', call: 1, name: 'a' });
});

suite('counts that promise too much', () => {
  const usage = new Uint8Array(16);
  for (const [name, count] of [
    ['more than there is', 1000],
    ['more than is accepted', 2000],
    ['as many as there are numbers', Number.MAX_SAFE_INTEGER],
  ] as const) {
    test(name, () => {
      const huge = new BareWriter().uint(count).finish();
      const filler = new Uint8Array(count < 5000 ? 500 : 50);
      const call = new BareWriter()
        .u32(1)
        .u16(0)
        .u32(1)
        .string('')
        .string('')
        .string('')
        .raw(huge)
        .raw(filler)
        .finish();
      assert.equal(
        codeOf(() => decodeCall(call)),
        'CONSTELLATION_MALFORMED_FRAME',
      );
      const result = new BareWriter().raw(usage).u8(0).bool(false).raw(huge).raw(filler).finish();
      assert.equal(
        codeOf(() => decodeResult(result)),
        'CONSTELLATION_MALFORMED_FRAME',
      );
      assert.equal(
        codeOf(() => decodeDeployed(concat(huge, filler))),
        'CONSTELLATION_MALFORMED_FRAME',
      );
    });
  }

  test('changes that do not exist', () => {
    const result = new BareWriter().raw(usage).u8(0).bool(false).uint(0).u8(64).raw(new Uint8Array(20)).finish();
    assert.equal(
      codeOf(() => decodeResult(result)),
      'CONSTELLATION_MALFORMED_FRAME',
    );
  });

  test('an outcome or a question that does not exist', () => {
    assert.equal(
      codeOf(() => decodeResult(concat(usage, Uint8Array.of(3)))),
      'CONSTELLATION_MALFORMED_FRAME',
    );
    assert.equal(
      codeOf(() => decodeAsk(Uint8Array.of(4, 0, 0, 0, 0, 0))),
      'CONSTELLATION_MALFORMED_FRAME',
    );
  });
});
