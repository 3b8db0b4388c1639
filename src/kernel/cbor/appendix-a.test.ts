import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type CborValue, encodeValue, readValue } from '../../../test/support/cbor-value.ts';
import { codeOf } from '../../../test/support/hostile.ts';
import { fromHex, toHex } from '../bytes/index.ts';
import { CborReader } from './reader.ts';

interface Vector {
  readonly hex: string;
  readonly roundtrip: boolean;
  readonly decoded?: unknown;
  readonly diagnostic?: string;
}

/** Numbers beyond 2^53 lose their last digits in JSON.parse, so they stand here; so do the values JSON cannot write. */
const VALUES: Record<string, CborValue> = {
  '1bffffffffffffffff': 2n ** 64n - 1n,
  f97c00: Infinity,
  f97e00: NaN,
  f9fc00: -Infinity,
  fa7f800000: Infinity,
  fa7fc00000: NaN,
  faff800000: -Infinity,
  fb7ff0000000000000: Infinity,
  fb7ff8000000000000: NaN,
  fbfff0000000000000: -Infinity,
  '40': fromHex(''),
  '4401020304': fromHex('01020304'),
  a201020304: new Map([
    [1, 2],
    [3, 4],
  ]),
};

/** What no protocol of ours uses, and the code that refuses it. */
const REFUSED: Record<string, string> = {
  '3bffffffffffffffff': 'CBOR_OUT_OF_RANGE',
  c249010000000000000000: 'CBOR_UNEXPECTED_TYPE',
  c349010000000000000000: 'CBOR_UNEXPECTED_TYPE',
  f7: 'CBOR_UNEXPECTED_TYPE',
  f0: 'CBOR_UNEXPECTED_TYPE',
  f818: 'CBOR_UNEXPECTED_TYPE',
  f8ff: 'CBOR_UNEXPECTED_TYPE',
  c074323031332d30332d32315432303a30343a30305a: 'CBOR_UNEXPECTED_TYPE',
  c11a514b67b0: 'CBOR_UNEXPECTED_TYPE',
  c1fb41d452d9ec200000: 'CBOR_UNEXPECTED_TYPE',
  d74401020304: 'CBOR_UNEXPECTED_TYPE',
  d818456449455446: 'CBOR_UNEXPECTED_TYPE',
  d82076687474703a2f2f7777772e6578616d706c652e636f6d: 'CBOR_UNEXPECTED_TYPE',
  '5f42010243030405ff': 'CBOR_MALFORMED',
  '7f657374726561646d696e67ff': 'CBOR_MALFORMED',
};

function fromJson(value: unknown): CborValue {
  if (Array.isArray(value)) return value.map(fromJson);
  if (typeof value !== 'object' || value === null) return value as CborValue;
  return new Map(Object.entries(value).map(([key, item]) => [key, fromJson(item)]));
}

const vectors = JSON.parse(
  readFileSync(new URL('../../../test/vectors/cbor/appendix_a.json', import.meta.url), 'utf8'),
) as readonly Vector[];

test('all vectors of RFC 8949 appendix A are there', () => assert.equal(vectors.length, 82));

for (const { hex, roundtrip, decoded, diagnostic } of vectors) {
  test(`RFC 8949 appendix A: ${hex}`, () => {
    const bytes = fromHex(hex);
    const refusal = REFUSED[hex];
    if (refusal !== undefined) {
      assert.equal(
        codeOf(() => readValue(new CborReader(bytes))),
        refusal,
      );
    } else {
      const expected = VALUES[hex] ?? fromJson(decoded);
      assert.ok(hex in VALUES || diagnostic === undefined, 'the vector has a value');
      const reader = new CborReader(bytes);
      const value = readValue(reader);
      assert.deepEqual(value, expected);
      assert.ok(reader.done);
      const isFloat = bytes[0] !== undefined && bytes[0] >= 0xf9 && bytes[0] <= 0xfb;
      if (roundtrip && !isFloat) assert.equal(toHex(encodeValue(value)), hex);
    }
    // Whatever an item is, it can be skipped.
    const reader = new CborReader(bytes);
    reader.skip();
    assert.ok(reader.done);
  });
}
