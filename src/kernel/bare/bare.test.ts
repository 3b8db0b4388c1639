import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { assertSturdy, codeOf } from '../../../test/support/hostile.ts';
import { concat, fromHex, toHex } from '../bytes/index.ts';
import { BareReader, BareWriter, decodeBareData, decodeBareString, encodeBareData, encodeBareString } from './index.ts';

const MAX_U64 = 2n ** 64n - 1n;

/** The definition, digit by digit. */
function naiveUint(value: bigint): Uint8Array {
  const groups: number[] = [];
  let rest = value;
  do {
    groups.push(Number(rest % 128n));
    rest /= 128n;
  } while (rest > 0n);
  return Uint8Array.from(groups, (group, i) => (i < groups.length - 1 ? group + 128 : group));
}

const anyU64 = fc.oneof(
  fc.bigInt({ min: 0n, max: MAX_U64 }),
  fc.integer({ min: 0, max: 64 }).map((bits) => (1n << BigInt(bits)) - 1n),
  fc.integer({ min: 0, max: 63 }).map((bits) => 1n << BigInt(bits)),
);

test('uint follows the definition over the whole range, as number and as bigint', () => {
  fc.assert(
    fc.property(anyU64, (value) => {
      const bytes = new BareWriter(0).uint(value).finish();
      assert.equal(toHex(bytes), toHex(naiveUint(value)));
      const reader = new BareReader(bytes);
      assert.equal(reader.uint64(), value);
      assert.equal(reader.remaining, 0);
      if (value <= BigInt(Number.MAX_SAFE_INTEGER)) {
        assert.equal(toHex(new BareWriter(0).uint(Number(value)).finish()), toHex(bytes));
        const numbers = new BareReader(bytes);
        assert.equal(numbers.uint(), Number(value));
        assert.equal(numbers.remaining, 0);
      } else {
        assert.equal(
          codeOf(() => new BareReader(bytes).uint()),
          'BARE_OUT_OF_RANGE',
        );
        assert.equal(
          codeOf(() => new BareReader(bytes).uint(2 ** 70)),
          'BARE_OUT_OF_RANGE',
        );
      }
    }),
    { numRuns: 1_000 },
  );
});

test('the vectors of ULEB128: ten bytes at most, the tenth is 01', () => {
  assert.equal(new BareReader(fromHex('ffffffffffffffffff01')).uint64(), MAX_U64);
  assert.equal(toHex(new BareWriter().uint(MAX_U64).finish()), 'ffffffffffffffffff01');
  for (const tail of ['ff', '02', '03', '00', '81', '7f']) {
    const bytes = fromHex(`${'ff'.repeat(9)}${tail}`);
    assert.equal(
      codeOf(() => new BareReader(bytes).uint64()),
      'BARE_OUT_OF_RANGE',
      tail,
    );
    assert.equal(
      codeOf(() => new BareReader(bytes).uint()),
      'BARE_OUT_OF_RANGE',
      tail,
    );
  }
  assert.equal(
    codeOf(() => new BareReader(fromHex('ff'.repeat(9))).uint()),
    'BARE_TRUNCATED',
  );
});

test('padded numbers are read, as in CBOR', () => {
  assert.equal(new BareReader(fromHex('8000')).uint(), 0);
  assert.equal(new BareReader(fromHex('8580808080808000')).uint(), 5);
  assert.equal(new BareReader(fromHex('80808080808080808001')).uint64(), 2n ** 63n);
});

test('uint refuses a value above its limit', () => {
  assert.equal(new BareReader(fromHex('ff01')).uint(255), 255);
  assert.equal(
    codeOf(() => new BareReader(fromHex('8002')).uint(255)),
    'BARE_OUT_OF_RANGE',
  );
});

test('fixed integers are little-endian and go there and back', () => {
  const bytes = new BareWriter(0).u8(1).u16(0x0302).u32(0x8706_0504).u64(0x8f0e_0d0c_0b0a_0908n).finish();
  assert.equal(toHex(bytes), '0102030405068708090a0b0c0d0e8f');
  const reader = new BareReader(bytes);
  assert.deepEqual(
    [reader.u8(), reader.u16(), reader.u32(), reader.u64()],
    [1, 0x0302, 0x8706_0504, 0x8f0e_0d0c_0b0a_0908n],
  );
  assert.equal(reader.position, 15);
});

test('the writer refuses what does not fit', () => {
  const attempts: readonly (() => unknown)[] = [
    () => new BareWriter().uint(-1),
    () => new BareWriter().uint(0.5),
    () => new BareWriter().uint(2 ** 53),
    () => new BareWriter().uint(-1n),
    () => new BareWriter().uint(MAX_U64 + 1n),
    () => new BareWriter().u8(256),
    () => new BareWriter().u16(65_536),
    () => new BareWriter().u32(2 ** 32),
    () => new BareWriter().u32(NaN),
    () => new BareWriter().u64(-1n),
    () => new BareWriter().u64(MAX_U64 + 1n),
  ];
  for (const attempt of attempts) assert.equal(codeOf(attempt), 'BARE_OUT_OF_RANGE');
});

test('strings and data go there and back, whatever the length of their length', () => {
  assert.equal(toHex(encodeBareString('Hello')), '0548656c6c6f');
  for (const text of [
    '',
    'echo',
    '水'.repeat(42),
    '水'.repeat(43),
    'ü'.repeat(64),
    'a'.repeat(127),
    'a'.repeat(128),
    '水'.repeat(6_000),
  ]) {
    const bytes = new BareWriter(0).bool(true).string(text).bool(false).finish();
    assert.equal(
      toHex(bytes.subarray(1, -1)),
      toHex(concat(naiveUint(BigInt(Buffer.byteLength(text))), Buffer.from(text))),
    );
    const reader = new BareReader(bytes, 1);
    assert.equal(reader.string(), text);
    assert.equal(reader.bool(), false);
    assert.equal(decodeBareString(encodeBareString(text)), text);
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (data) => {
      assert.deepEqual(decodeBareData(encodeBareData(data)), data);
    }),
  );
});

test('data is a view of the input and bytes after it are ignored', () => {
  const bytes = fromHex('0201020304');
  const data = decodeBareData(bytes);
  assert.equal(data.buffer, bytes.buffer);
  assert.equal(toHex(data), '0102');
});

test('booleans are 00 and 01 only; a string must be UTF-8', () => {
  assert.equal(
    codeOf(() => new BareReader(fromHex('02')).bool()),
    'BARE_OUT_OF_RANGE',
  );
  assert.equal(
    codeOf(() => decodeBareString(fromHex('0261ff'))),
    'BARE_INVALID_UTF8',
  );
});

test('a length beyond the input is refused before anything is made from it', () => {
  for (const length of [3n, 2n ** 32n, 2n ** 53n - 1n]) {
    const bytes = concat(naiveUint(length), fromHex('0000'));
    assert.equal(
      codeOf(() => decodeBareData(bytes)),
      'BARE_TRUNCATED',
    );
    assert.equal(
      codeOf(() => decodeBareString(bytes)),
      'BARE_TRUNCATED',
    );
  }
  for (const length of [2n ** 53n, 2n ** 63n, MAX_U64]) {
    assert.equal(
      codeOf(() => decodeBareData(concat(naiveUint(length), fromHex('0000')))),
      'BARE_OUT_OF_RANGE',
    );
  }
});

test('every truncation is refused and every byte flip is refused or read', () => {
  const message = new BareWriter()
    .uint(1)
    .uint(2 ** 50)
    .bool(true)
    .string('wörker')
    .data(fromHex('00ff'))
    .u16(7)
    .u32(8)
    .u64(9n)
    .finish();
  assertSturdy(
    message,
    (bytes) => {
      const reader = new BareReader(bytes);
      return [
        reader.uint(),
        reader.uint(),
        reader.bool(),
        reader.string(),
        reader.data(),
        reader.u16(),
        reader.u32(),
        reader.u64(),
      ];
    },
    'BARE_',
  );
});
