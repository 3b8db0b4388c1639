import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode, encode } from 'cborg';
import * as fc from 'fast-check';
import { type CborValue, encodeValue, readValue } from '../../../test/support/cbor-value.ts';
import { concat, fromHex, toHex } from '../bytes/index.ts';
import { CborReader } from './reader.ts';
import { CborWriter } from './writer.ts';

const MAX_U64 = 2n ** 64n - 1n;
const HEAD_EDGES = [0, 23, 24, 0xff, 0x100, 0xffff, 0x1_0000, 0xffff_ffff, 0x1_0000_0000, Number.MAX_SAFE_INTEGER];

const scalar = fc.oneof(
  fc.maxSafeInteger(),
  fc.constantFrom(...HEAD_EDGES),
  fc.bigInt({ min: 2n ** 53n, max: MAX_U64 }),
  fc.bigInt({ min: -(2n ** 63n), max: -(2n ** 53n) }),
  fc.uint8Array({ maxLength: 300 }),
  fc.string({ unit: 'grapheme', maxLength: 300 }),
  fc.boolean(),
  fc.constant(null),
  fc.double({ noInteger: true }),
);
const { value: anyValue } = fc.letrec<{ value: CborValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, depthSize: 'small' },
    scalar,
    fc.array(tie('value'), { maxLength: 30 }),
    fc
      .uniqueArray(fc.tuple(fc.oneof(fc.string(), fc.maxSafeInteger()), tie('value')), {
        selector: ([key]) => key,
        maxLength: 30,
      })
      .map((entries) => new Map<CborValue, CborValue>(entries)),
  ),
}));

test('what we write is what cborg writes, and both read it back', () => {
  fc.assert(
    fc.property(anyValue, (value) => {
      const ours = encodeValue(value);
      const theirs = encode(value, { float64: true, mapSorter: () => 0 });
      assert.equal(toHex(ours), toHex(theirs));
      const reader = new CborReader(ours);
      assert.deepEqual(readValue(reader), value);
      assert.ok(reader.done);
      assert.deepEqual(decode(ours, { useMaps: true }), value);
    }),
    { numRuns: 500 },
  );
});

test('where we and cborg both read random bytes, we read the same, and skip ends where reading ends', () => {
  let read = 0;
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 24 }), (bytes) => {
      const reader = new CborReader(bytes);
      let value: CborValue;
      try {
        value = readValue(reader);
      } catch {
        return; // Hostile input is the subject of hostile.test.ts.
      }
      read++;
      const item = bytes.subarray(0, reader.position);
      assert.deepEqual(decode(item, { useMaps: true }), value);
      const skipper = new CborReader(bytes);
      skipper.skip();
      assert.equal(skipper.position, reader.position);
    }),
    { numRuns: 3_000 },
  );
  assert.ok(read > 100, `only ${read} of the random inputs were CBOR`);
});

test('integers of every width are read, shortest or not', () => {
  for (const hex of ['17', '1817', '190017', '1a00000017', '1b0000000000000017']) {
    assert.equal(new CborReader(fromHex(hex)).uint(), 23);
    assert.equal(new CborReader(fromHex(hex)).int(), 23);
    assert.equal(new CborReader(fromHex(hex)).int64(), 23n);
  }
  for (const hex of ['37', '3817', '390017', '3a00000017', '3b0000000000000017']) {
    assert.equal(new CborReader(fromHex(hex)).int(), -24);
    assert.equal(new CborReader(fromHex(hex)).int64(), -24n);
  }
});

test('uint, int, uint64 and int64 stop exactly at their limits', () => {
  const reading = (value: bigint): CborReader => new CborReader(new CborWriter().int(value).finish());
  const refused = { code: 'CBOR_OUT_OF_RANGE' };
  assert.equal(reading(2n ** 53n - 1n).uint(), Number.MAX_SAFE_INTEGER);
  assert.throws(() => reading(2n ** 53n).uint(), refused);
  assert.throws(() => reading(2n ** 53n).uint(2 ** 60), refused);
  assert.equal(reading(255n).uint(255), 255);
  assert.throws(() => reading(256n).uint(255), refused);
  assert.equal(reading(-(2n ** 53n) + 1n).int(), Number.MIN_SAFE_INTEGER);
  assert.throws(() => reading(-(2n ** 53n)).int(), refused);
  assert.throws(() => reading(2n ** 53n).int(), refused);
  assert.equal(reading(MAX_U64).uint64(), MAX_U64);
  assert.equal(reading(2n ** 63n - 1n).int64(), 2n ** 63n - 1n);
  assert.throws(() => reading(2n ** 63n).int64(), refused);
  assert.equal(reading(-(2n ** 63n)).int64(), -(2n ** 63n));
  assert.throws(() => reading(-(2n ** 63n) - 1n).int64(), refused);
});

test('the writer refuses what has no 64-bit integer', () => {
  const refused = { code: 'CBOR_OUT_OF_RANGE' };
  for (const value of [-1, 0.5, NaN, Infinity, 2 ** 53, -1n, MAX_U64 + 1n]) {
    assert.throws(() => new CborWriter().uint(value), refused, String(value));
  }
  for (const value of [0.5, -0.5, NaN, -Infinity, -(2 ** 53) - 2, MAX_U64 + 1n, -MAX_U64 - 2n]) {
    assert.throws(() => new CborWriter().int(value), refused, String(value));
  }
  assert.equal(toHex(new CborWriter().int(-MAX_U64 - 1n).finish()), '3bffffffffffffffff');
  assert.equal(toHex(new CborWriter().uint(MAX_U64).finish()), '1bffffffffffffffff');
  assert.equal(toHex(new CborWriter().uint(5n).finish()), '05');
});

test('a text is written whole where its bytes need a longer head than its characters, and lone surrogates become U+FFFD', () => {
  for (const text of ['水'.repeat(8), '水'.repeat(23), 'ü'.repeat(128), '水'.repeat(22_000), '']) {
    const bytes = new CborWriter(1).bool(true).text(text).null().finish();
    const reader = new CborReader(bytes, 1);
    assert.equal(reader.text(), text);
    assert.ok(reader.takeNull() && reader.done);
    assert.equal(toHex(bytes.subarray(1, -1)), toHex(encode(text)));
  }
  assert.equal(toHex(new CborWriter().text('\ud800').finish()), '63efbfbd');
});

test('a writer of too small a capacity grows and keeps what it has', () => {
  const writer = new CborWriter(0).array(2).bytes(new Uint8Array(1000).fill(7)).float64(1.5);
  assert.equal(writer.length, 1 + 3 + 1000 + 9);
  const reader = new CborReader(writer.finish());
  assert.deepEqual(readValue(reader), [new Uint8Array(1000).fill(7), 1.5]);
});

test('the head of a byte string may be written without the bytes', () => {
  for (const length of [0, 23, 24, 255, 256, 65_536]) {
    const content = new Uint8Array(length).fill(7);
    const head = new CborWriter(1).bytesHead(length).finish();
    assert.equal(toHex(concat(head, content)), toHex(new CborWriter().bytes(content).finish()));
  }
});

test('byte strings are views of the input, from any offset of any buffer', () => {
  const memory = fromHex('ffff43010203fb3ff8000000000000');
  const reader = new CborReader(memory.subarray(1), 1);
  const view = reader.bytes(3);
  assert.equal(view.buffer, memory.buffer);
  assert.equal(toHex(view), '010203');
  assert.equal(reader.float(), 1.5);
  assert.ok(reader.done);
});

test('a struct reads what it knows and skips what a newer peer added', () => {
  const read = (hex: string): unknown => {
    const reader = new CborReader(fromHex(hex));
    const fields = reader.array();
    const name = fields.required('name', () => reader.text());
    const size = fields.optional(() => reader.uint());
    const last = fields.optional(() => reader.bool());
    fields.end();
    return { name, size, last, done: reader.done };
  };
  assert.deepEqual(read('836161 05 f5'.replaceAll(' ', '')), { name: 'a', size: 5, last: true, done: true });
  assert.deepEqual(read('816161'), { name: 'a', size: undefined, last: undefined, done: true });
  assert.deepEqual(read('836161f6f5'), { name: 'a', size: undefined, last: true, done: true });
  assert.deepEqual(read('9f616105ff'), { name: 'a', size: 5, last: undefined, done: true });
  const longer = { name: 'a', size: 5, last: true, done: true };
  assert.deepEqual(read('86616105f5a1018102c1005f4101ff'), longer);
  assert.deepEqual(read('9f616105f5bf01d74100ff7f6161ffff'), longer);
  assert.throws(() => read('80'), { code: 'CBOR_MISSING_FIELD', message: /"name"/ });
  assert.throws(() => read('81f6'), { code: 'CBOR_MISSING_FIELD' });
  assert.throws(() => read('9fff'), { code: 'CBOR_MISSING_FIELD' });
  assert.throws(() => read('826161f7'), { code: 'CBOR_UNEXPECTED_TYPE' });
});

test('a map hands out its pairs; end skips the pairs not read', () => {
  for (const hex of ['a3010203040506', 'bf010203040506ff']) {
    const reader = new CborReader(fromHex(hex));
    const pairs = reader.map();
    assert.ok(pairs.more());
    assert.deepEqual([reader.uint(), reader.uint()], [1, 2]);
    pairs.end();
    assert.ok(reader.done);
    assert.equal(pairs.more(), false);
  }
});

test('an enum array must be definite and of the exact length', () => {
  new CborReader(fromHex('820080')).definiteArray(2).end();
  new CborReader(fromHex('9a00000002f6f6')).definiteArray(2).end();
  for (const hex of ['810080', '83008080', '9f0080ff']) {
    assert.throws(() => new CborReader(fromHex(hex)).definiteArray(2), { code: 'CBOR_OUT_OF_RANGE' }, hex);
  }
  assert.throws(() => new CborReader(fromHex('a0')).definiteArray(2), { code: 'CBOR_UNEXPECTED_TYPE' });
});

test('list stops at its limit, and exact lengths of bytes are checked', () => {
  const three = fromHex('83010203');
  const reader = new CborReader(three);
  assert.deepEqual(
    reader.list(() => reader.uint(), 3),
    [1, 2, 3],
  );
  for (const hex of ['83010203', '9f010203ff']) {
    const long = new CborReader(fromHex(hex));
    assert.throws(() => long.list(() => long.uint(), 2), { code: 'CBOR_TOO_LONG' });
  }
  assert.throws(() => new CborReader(fromHex('420102')).bytes(3), { code: 'CBOR_OUT_OF_RANGE' });
});
