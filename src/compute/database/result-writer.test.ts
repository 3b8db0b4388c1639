import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { writerOf } from './mysql/values.ts';
import { ResultWriter, writeBytes, writeNumber, writeTimestamp } from './result-writer.ts';

const LIMITS = { maxRows: 10, maxResultBytes: 1000 };

test('whatever names and values are, the result is the JSON of the rows', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.string({ unit: 'binary' }), { maxLength: 5 }),
      fc.array(fc.string({ unit: 'binary' })),
      (names, values) => {
        const writer = new ResultWriter<string>(
          names.map((name) => ({ name, write: JSON.stringify })),
          { maxRows: 10, maxResultBytes: 1_000_000 },
        );
        writer.row(names.map((_, index) => values[index] ?? null));
        const row = Object.fromEntries(names.map((name, index) => [name, values[index] ?? null]));
        const parsed = JSON.parse(Buffer.from(writer.finish()).toString()) as unknown[];
        assert.deepEqual(new Map(Object.entries(parsed[0] as object)), new Map(Object.entries(row)));
      },
    ),
  );
});

test('names are in the order of their bytes', () => {
  const names = ['b', 'a', '\u{1F600}', '\uffee', 'A'];
  const writer = new ResultWriter<string>(
    names.map((name) => ({ name, write: () => '0' })),
    LIMITS,
  );
  writer.row(names);
  assert.equal(Buffer.from(writer.finish()).toString(), '[{"A":0,"a":0,"b":0,"\uffee":0,"\u{1F600}":0}]');
});

test('the last row that fits is kept, the next one is refused', () => {
  const writer = new ResultWriter<string>([{ name: 'a', write: JSON.stringify }], { maxRows: 10, maxResultBytes: 33 });
  // 2 + 10 + 10 + 11 bytes: brackets, and each row with a comma.
  writer.row(['x']);
  writer.row(['y']);
  writer.row(['zz']);
  assert.throws(() => writer.row(['']), { code: 'DATABASE_TOO_LARGE' });
});

test('a number is written only when it is one', () => {
  for (const number of ['0', '-1', '9223372036854775808', '1.5', '1e300', '1e+20', '-0.5e-7']) {
    assert.equal(writeNumber(number), number);
  }
  for (const text of ['', 'NaN', '01', '1.', '.5', '1e', '0x1', '1]', '1,2', '--1', ' 1', `1${'0'.repeat(60)}`]) {
    assert.equal(writeNumber(text), JSON.stringify(text));
  }
});

test('a timestamp is written in one form', () => {
  const times = {
    '2024-02-29': '2024-02-29T00:00:00Z',
    '2024-02-29 01:02:03.120000': '2024-02-29T01:02:03.12Z',
    '2024-02-29 01:02:03+00': '2024-02-29T01:02:03Z',
    '2024-02-29 01:02:03-08': '2024-02-29T01:02:03-08:00',
    '2024-02-29 01:02:03.5+05:30': '2024-02-29T01:02:03.5+05:30',
    infinity: 'infinity',
    '10000-01-01': '10000-01-01',
    '","x":"': '","x":"',
  };
  for (const [text, written] of Object.entries(times)) assert.equal(writeTimestamp(text), JSON.stringify(written));
  assert.equal(writerOf(12, true)('0000-00-00 00:00:00'), '"0001-01-01T00:00:00Z"');
});

test('single precision is written as short as it can be', () => {
  const write = writerOf(4, false);
  for (const [value, text] of [
    [0.1, '0.1'],
    [16_777_216, '16777216'],
    [3.4028234e38, '3.4028235e+38'],
    [-1.5, '-1.5'],
  ] as const) {
    assert.equal(write(Math.fround(value)), text);
  }
  fc.assert(
    fc.property(
      fc.float({ noNaN: true, noDefaultInfinity: true }),
      (value) => Math.fround(Number(write(value))) === value,
    ),
  );
});

test('bytes are written in base64', () => {
  const bytes = new Uint8Array(300).map((_, index) => index);
  assert.equal(writeBytes(bytes.subarray(10, 13)), '"CgsM"');
});
