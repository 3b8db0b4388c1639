import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { type CborValue, encodeValue, readValue } from '../../../test/support/cbor-value.ts';
import { assertSturdy, codeOf } from '../../../test/support/hostile.ts';
import { concat, fromHex } from '../bytes/index.ts';
import { CborReader } from './reader.ts';

const read = (bytes: Uint8Array): unknown => readValue(new CborReader(bytes));
const skip = (bytes: Uint8Array): void => new CborReader(bytes).skip();

const MESSAGES: readonly Uint8Array[] = [
  encodeValue([[0, 'echo'], new Uint8Array(40), [1, [null, 'name', true]], 2 ** 40, -7, 1.25]),
  encodeValue(
    new Map<CborValue, CborValue>([
      [1, [new Map([[2, 'nested']]), 300]],
      [5, 'wörk'],
    ]),
  ),
  fromHex('9f018202039f0405ffbf616101616200ffff'),
];

test('every truncation is refused and every byte flip is refused or read', () => {
  for (const message of MESSAGES) {
    assertSturdy(message, read, 'CBOR_');
    assertSturdy(message, skip, 'CBOR_');
  }
});

test('random bytes are refused or read', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      codeOf(() => read(bytes), 'CBOR_');
      codeOf(() => skip(bytes), 'CBOR_');
    }),
    { numRuns: 2_000 },
  );
});

test('an announced length beyond the input is refused before anything is allocated', () => {
  for (const major of [0x40, 0x60, 0x80, 0xa0]) {
    for (const length of [
      '1a00000002',
      '1affffffff',
      '1b0000000100000000',
      '1b001fffffffffffff',
      '1b8000000000000000',
      '1bffffffffffffffff',
    ]) {
      const head = fromHex(length);
      head[0] = (head[0] as number) | major;
      const bytes = concat(head, Uint8Array.of(0));
      assert.equal(
        codeOf(() => read(bytes)),
        'CBOR_TRUNCATED',
      );
      assert.equal(
        codeOf(() => skip(bytes)),
        'CBOR_TRUNCATED',
      );
    }
  }
  assert.equal(
    codeOf(() => read(fromHex('a2010203'))),
    'CBOR_TRUNCATED',
  );
});

const nested = (head: string, levels: number, core: string): Uint8Array =>
  concat(fromHex(head.repeat(levels)), fromHex(core));

test('128 levels are read and skipped, 129 are not', () => {
  for (const [head, core] of [
    ['81', '00'],
    ['a100', '00'],
    ['c1', '00'],
    ['9f', '00'],
  ] as const) {
    const closing = head === '9f' ? 'ff' : '';
    assert.equal(
      codeOf(() => skip(nested(head, 128, core + closing.repeat(128)))),
      undefined,
    );
    assert.equal(
      codeOf(() => skip(nested(head, 129, core + closing.repeat(129)))),
      'CBOR_TOO_DEEP',
    );
    if (head === 'c1') continue;
    assert.equal(
      codeOf(() => read(nested(head, 128, core + closing.repeat(128)))),
      undefined,
    );
    assert.equal(
      codeOf(() => read(nested(head, 129, core + closing.repeat(129)))),
      'CBOR_TOO_DEEP',
    );
  }
});

test('10,000 levels do not exhaust the stack', () => {
  for (const head of ['81', 'a100', '9f', 'bf00', 'c1', 'd9d9f7']) {
    assert.equal(
      codeOf(() => skip(nested(head, 10_000, '00'))),
      'CBOR_TOO_DEEP',
      head,
    );
  }
  for (const head of ['81', 'a100', '9f', 'bf00']) {
    assert.equal(
      codeOf(() => read(nested(head, 10_000, '00'))),
      'CBOR_TOO_DEEP',
      head,
    );
  }
});

test('a long flat message takes time in proportion to its length', () => {
  const items = 200_000;
  const flat = concat(fromHex('9a00030d40'), new Uint8Array(items));
  assert.equal((read(flat) as unknown[]).length, items);
  skip(flat);
});

test('a skip that throws leaves place and depth as they were', () => {
  const reader = new CborReader(nested('81', 140, '00'));
  const outer = reader.array();
  assert.ok(outer.more());
  for (let i = 0; i < 200; i++) assert.throws(() => reader.skip(), { code: 'CBOR_TOO_DEEP' });
  assert.equal(reader.position, 1);
  // All 127 remaining levels are still to be had.
  for (let level = 1; level < 128; level++) assert.ok(reader.array().more());
  assert.throws(() => reader.array(), { code: 'CBOR_TOO_DEEP' });

  const broken = new CborReader(fromHex('8201ff'));
  assert.throws(() => broken.skip(), { code: 'CBOR_MALFORMED' });
  assert.equal(broken.position, 0);
});

test('closing an array or map gives its level back, once', () => {
  const reader = new CborReader(concat(new Uint8Array(201).fill(0x80), nested('81', 129, '00')));
  for (let i = 0; i < 201; i++) {
    const cursor = reader.array();
    cursor.end();
    cursor.end();
  }
  assert.throws(() => reader.skip(), { code: 'CBOR_TOO_DEEP' });
});

test('malformed heads and misplaced breaks are refused', () => {
  for (const hex of [
    '1c',
    '1d',
    '1e',
    '3c',
    '5c',
    '7d',
    '9e',
    'bc',
    'dc',
    'fc',
    'fd',
    'fe',
    'ff',
    '1f',
    '3f',
    'df',
    '82ff00',
    'bf00ff',
    '81ff',
  ]) {
    const bytes = concat(fromHex(hex), new Uint8Array(16));
    assert.ok(['CBOR_MALFORMED', 'CBOR_UNEXPECTED_TYPE'].includes(codeOf(() => read(bytes)) ?? ''), hex);
    assert.equal(
      codeOf(() => skip(bytes)),
      'CBOR_MALFORMED',
      hex,
    );
  }
  // Chunks of an indefinite string must be definite strings of the same kind.
  for (const hex of ['5f6161ff', '7f4161ff', '5f5f4100ffff', '5f00ff']) {
    assert.notEqual(
      codeOf(() => skip(fromHex(hex))),
      undefined,
      hex,
    );
  }
});

test('an indefinite string with several chunks is skipped to its very end', () => {
  for (const hex of ['5f41014202034100ff', `7f${'6161'.repeat(5)}ff`, `5f5820${'00'.repeat(32)}59000100ff`]) {
    const reader = new CborReader(concat(fromHex(hex), fromHex('05')));
    reader.skip();
    assert.equal(reader.uint(), 5, hex);
  }
});

test('text that is no UTF-8 is refused', () => {
  for (const hex of ['61ff', '62c0af', '63eda080', '64f4908080', '62e6b0']) {
    assert.equal(
      codeOf(() => read(fromHex(hex))),
      'CBOR_INVALID_UTF8',
      hex,
    );
  }
});

test('each typed read names what it wanted and what it found', () => {
  const reader = (): CborReader => new CborReader(fromHex('f6'));
  const reads: readonly (() => unknown)[] = [
    () => reader().uint(),
    () => reader().int(),
    () => reader().uint64(),
    () => reader().int64(),
    () => reader().bytes(),
    () => reader().text(),
    () => reader().bool(),
    () => reader().float(),
    () => reader().array(),
    () => reader().map(),
  ];
  for (const attempt of reads) {
    assert.throws(attempt, { code: 'CBOR_UNEXPECTED_TYPE', message: / was expected, found null \(at byte 0\)$/ });
  }
  const empty = new CborReader(new Uint8Array(0));
  for (const attempt of [() => empty.peek(), () => empty.takeNull(), () => empty.bool(), () => empty.skip()]) {
    assert.throws(attempt, { code: 'CBOR_TRUNCATED' });
  }
});
