import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { concat, EMPTY, fromHex, toHex, utf8 } from '../../kernel/index.ts';
import { constantTimeEqual, hkdf, hkdf2, sha256, sha256Hex } from './hash.ts';

test('SHA-256 of the standard example', () => {
  assert.equal(toHex(sha256(utf8('abc'))), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  assert.equal(toHex(sha256()), toHex(sha256(EMPTY)));
});

test('property: SHA-256 of parts equals that of their concatenation', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 5 }), (parts) => {
      assert.equal(
        toHex(sha256(...parts)),
        createHash('sha256')
          .update(concat(...parts))
          .digest('hex'),
      );
    }),
  );
});

test('SHA-256 of parts around the length up to which they are joined, and in hex', () => {
  for (const length of [1022, 1023, 1024, 1025, 65_535]) {
    const bytes = Uint8Array.from({ length }, (_, i) => i * 7);
    const expected = createHash('sha256').update(bytes).digest('hex');
    assert.equal(sha256Hex(bytes), expected);
    for (const at of [0, 1, 500, 1022]) {
      assert.equal(toHex(sha256(bytes.subarray(0, at), EMPTY, bytes.subarray(at))), expected);
    }
  }
});

test('HKDF2: the reference vector, and an empty ikm', () => {
  const ck = fromHex('7aeb807e6278e5b54631b79272cb75383961729ccea244ab28e480d9c65d395d');
  const [first, second] = hkdf2(ck, fromHex('341cf9cafa52a8c40709ecd9e59757a360c9a9e080a0c0f2ee29bd9dc8c44e90'));
  assert.equal(toHex(first), '3b17457b28e4c7a751dc38115e5188e7b443265be990d7274b43b3e4f516bb86');
  assert.equal(toHex(second), '13732c874a87eb0c6de01c519cd86ce0bffebbaf6fd2a284f9a7c747bc760e02');
  assert.deepEqual(concat(...hkdf2(ck, EMPTY)), naiveHkdf(ck, EMPTY, EMPTY, 64));
});

test('property: HKDF equals RFC 5869 written out', () => {
  const input = fc.uint8Array({ maxLength: 80 });
  fc.assert(
    fc.property(input, input, input, fc.integer({ min: 1, max: 200 }), (salt, ikm, info, length) => {
      assert.deepEqual(hkdf(salt, ikm, info, length), naiveHkdf(salt, ikm, info, length));
    }),
  );
});

test('HKDF refuses lengths outside 1 … 8160', () => {
  assert.equal(hkdf(EMPTY, EMPTY, EMPTY, 8160).length, 8160);
  for (const length of [0, -1, 1.5, Number.NaN, 8161])
    assert.throws(() => hkdf(EMPTY, EMPTY, EMPTY, length), { code: 'CRYPTO_INVALID_LENGTH' });
});

test('constant-time comparison', () => {
  assert.ok(constantTimeEqual(utf8('same'), utf8('same')));
  assert.ok(constantTimeEqual(EMPTY, EMPTY));
  assert.ok(!constantTimeEqual(utf8('same'), utf8('sane')));
  assert.ok(!constantTimeEqual(utf8('same'), utf8('same ')));
});

/** RFC 5869 §2.2 and §2.3, word by word. */
function naiveHkdf(salt: Uint8Array, ikm: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  const hmac = (key: Uint8Array, data: Uint8Array): Uint8Array =>
    new Uint8Array(createHmac('sha256', key).update(data).digest());
  const prk = hmac(salt, ikm);
  let block: Uint8Array = EMPTY;
  let output: Uint8Array = EMPTY;
  for (let counter = 1; output.length < length; counter++) {
    block = hmac(prk, concat(block, info, Uint8Array.of(counter)));
    output = concat(output, block);
  }
  return output.slice(0, length);
}
