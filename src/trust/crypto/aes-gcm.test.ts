import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gcm } from '@noble/ciphers/aes.js';
import * as fc from 'fast-check';
import { EMPTY, fromHex, utf8 } from '../../kernel/index.ts';
import { aeadOpen, aeadSeal, aeadSealInPlace } from './aes-gcm.ts';

const key = bytes(32);
const nonce = bytes(12);

test('the reference primitive vector', () => {
  const known = fromHex('3c2704b1a0e45c67576ef902afaf825cc4d331fa339d062d27cdcf547e9968d1');
  const counter5 = fromHex('000000000000000000000005');
  const sealed = fromHex('7de1b8e1fdeee9a7299d30cd92e9d17503f3a6c713cbe584600d');
  assert.deepEqual(aeadSeal(known, counter5, utf8('Token'), utf8('Hello, nif')), sealed);
  assert.deepEqual(aeadOpen(known, counter5, utf8('Token'), sealed), utf8('Hello, nif'));
});

test('property: equals a second implementation and opens again', () => {
  fc.assert(
    fc.property(bytes32(), fixed(12), data(40), data(300), (k, n, aad, plaintext) => {
      const sealed = aeadSeal(k, n, aad, plaintext);
      assert.deepEqual(sealed, gcm(k, n, aad).encrypt(plaintext));
      assert.deepEqual(aeadOpen(k, n, aad, sealed), plaintext);
    }),
    { numRuns: 100 },
  );
});

test('property: sealing in place equals sealing, and nothing else of the frame changes', () => {
  fc.assert(
    fc.property(data(300), fc.nat(40), fc.nat(40), (plaintext, before, after) => {
      const end = before + plaintext.length + 16;
      const frame = new Uint8Array(end + after).fill(0xee);
      frame.set(plaintext, before);
      aeadSealInPlace(key, nonce, frame, before, plaintext.length);
      assert.deepEqual(frame.slice(before, end), aeadSeal(key, nonce, EMPTY, plaintext));
      assert.ok(frame.subarray(0, before).every((byte) => byte === 0xee));
      assert.ok(frame.subarray(end).every((byte) => byte === 0xee));
    }),
  );
});

test('a frame without room is refused and left as it was', () => {
  const frame = new Uint8Array(30);
  for (const [offset, length] of [
    [5, 10],
    [0, 15],
    [-1, 10],
    [5, -1],
    [Number.NaN, 1],
    [31, 0],
  ] as const)
    assert.throws(() => aeadSealInPlace(key, nonce, frame, offset, length), { code: 'CRYPTO_INVALID_LENGTH' });
  assert.deepEqual(frame, new Uint8Array(30));
  aeadSealInPlace(key, nonce, frame, 4, 10);
});

test('every truncation and every flipped bit is refused', () => {
  const sealed = aeadSeal(key, nonce, utf8('aad'), bytes(20));
  for (let length = 0; length < sealed.length; length++)
    assert.throws(() => aeadOpen(key, nonce, utf8('aad'), sealed.subarray(0, length)), {
      code: length < 16 ? 'CRYPTO_INVALID_LENGTH' : 'CRYPTO_AUTHENTICATION_FAILED',
    });
  for (let bit = 0; bit < sealed.length * 8; bit++) {
    const forged = sealed.slice();
    forged[bit >> 3]! ^= 1 << (bit & 7);
    assert.throws(() => aeadOpen(key, nonce, utf8('aad'), forged), { code: 'CRYPTO_AUTHENTICATION_FAILED' });
  }
  assert.throws(() => aeadOpen(key, nonce, utf8('aae'), sealed), { code: 'CRYPTO_AUTHENTICATION_FAILED' });
});

test('a key or nonce of another length is refused', () => {
  for (const length of [0, 16, 31, 33])
    assert.throws(() => aeadSeal(bytes(length), nonce, EMPTY, EMPTY), { code: 'CRYPTO_INVALID_LENGTH' });
  for (const length of [0, 8, 11, 13, 16])
    assert.throws(() => aeadOpen(key, bytes(length), EMPTY, bytes(16)), { code: 'CRYPTO_INVALID_LENGTH' });
});

test('what comes out is a plain Uint8Array', () => {
  const sealed = aeadSeal(key, nonce, EMPTY, bytes(3));
  assert.equal(Object.getPrototypeOf(sealed), Uint8Array.prototype);
  assert.equal(Object.getPrototypeOf(aeadOpen(key, nonce, EMPTY, sealed)), Uint8Array.prototype);
});

function bytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 7 + length) & 0xff);
}

function fixed(length: number): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength: length, maxLength: length });
}

function bytes32(): fc.Arbitrary<Uint8Array> {
  return fixed(32);
}

function data(maxLength: number): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ maxLength });
}
