import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { ed25519 as nobleEd25519, x25519 as nobleX25519 } from '@noble/curves/ed25519.js';
import { p256 as nobleP256 } from '@noble/curves/nist.js';
import * as fc from 'fast-check';
import { fromHex, toHex, utf8 } from '../../kernel/index.ts';
import { sha256 } from './hash.ts';
import { generateSecret, importPrivateKey, type KeyAlgorithm, PUBLIC_KEY_LENGTH } from './private-key.ts';
import { sign, verify } from './signature.ts';
import { x25519 } from './x25519.ts';

const ORDER = 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551';
const ORDER_MINUS_1 = 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550';
const secret = fc.uint8Array({ minLength: 32, maxLength: 32 });
const message = fc.uint8Array({ maxLength: 100 });
const oracle = { numRuns: 25 };

test('Ed25519 reproduces a published identity byte for byte', () => {
  const key = importPrivateKey('ed25519', fromHex('31ff4e1cd55f17735a633fbab4b838cf88d1252d164735cb3185a6e315438c2c'));
  assert.equal(toHex(key.publicKey), '530d1c2e9822433b679a66a60b9c2ed47c370cd0ce51cbe1a7ad847b5835a963');
  const signed = fromHex('e70dc5545d64724880257acb32b8851e7dd1dd57076838991bc343165df71bfe');
  const signature =
    '85054457d079a67778f235a90fa1b926d676bad4b1063cec3c1b869950beb01d22f930591897f761c2247938ce1d8871119488db35fb362727748407885a1608';
  assert.equal(toHex(sign(key, signed)), signature);
  assert.ok(verify('ed25519', key.publicKey, signed, fromHex(signature)));
});

test('P-256 verifies a published signature with high s, over the hash of the hash', () => {
  const point =
    '04ebf9d78281a04f180029c12a74e994386c7c9fee24903f3bfe351497a9952758ee5f4b57d7ed6236ab5082ed85e1ae8c07d5600e0587f652d36727904b3e310d';
  const data = fromHex(`830101585385f68201815841${point}f41a656a365d1a7836395d`);
  const signature = fromHex(
    '50bf79071ecaf08a966228c712295a17da53994dc781a22103602afe656276ef83ba83a1004845b1e979e0944abff3cd8c7ceef834a8f5eeeca0e8f720fa38f4',
  );
  assert.ok(verify('p256', fromHex(point), sha256(data), signature));
  assert.ok(!verify('p256', fromHex(point), data, signature));
});

test('property: Ed25519 equals a second implementation', () => {
  fc.assert(
    fc.property(secret, message, (seed, text) => {
      const key = importPrivateKey('ed25519', seed);
      assert.deepEqual(key.publicKey, nobleEd25519.getPublicKey(seed));
      assert.deepEqual(sign(key, text), nobleEd25519.sign(text, seed));
    }),
    oracle,
  );
});

test('property: P-256 and a second implementation accept the signatures of each other', () => {
  fc.assert(
    fc.property(secret, message, (scalar, text) => {
      fc.pre(toHex(scalar) < ORDER && scalar.some((byte) => byte !== 0));
      const key = importPrivateKey('p256', scalar);
      assert.deepEqual(key.publicKey, nobleP256.getPublicKey(scalar, false));
      assert.ok(nobleP256.verify(sign(key, text), text, key.publicKey, { lowS: false }));
      assert.ok(verify('p256', key.publicKey, text, nobleP256.sign(text, scalar)));
    }),
    oracle,
  );
});

test('property: X25519 equals a second implementation', () => {
  fc.assert(
    fc.property(secret, secret, (a, b) => {
      const key = importPrivateKey('x25519', a);
      assert.deepEqual(key.publicKey, nobleX25519.getPublicKey(a));
      const peer = nobleX25519.getPublicKey(b);
      assert.deepEqual(x25519(key, peer), nobleX25519.getSharedSecret(a, peer));
    }),
    oracle,
  );
});

test('every flipped bit of a signature and every truncation is refused', () => {
  for (const algorithm of ['ed25519', 'p256'] as const) {
    const key = importPrivateKey(algorithm, new Uint8Array(32).fill(9));
    const signature = sign(key, utf8('text'));
    assert.ok(verify(algorithm, key.publicKey, utf8('text'), signature));
    assert.ok(!verify(algorithm, key.publicKey, utf8('test'), signature));
    for (let bit = 0; bit < signature.length * 8; bit++) {
      const forged = signature.slice();
      forged[bit >> 3]! ^= 1 << (bit & 7);
      assert.ok(!verify(algorithm, key.publicKey, utf8('text'), forged), `${algorithm} bit ${bit}`);
    }
    for (let length = 0; length < signature.length; length++)
      assert.ok(!verify(algorithm, key.publicKey, utf8('text'), signature.subarray(0, length)));
  }
});

test('secrets of a wrong length or outside the order of P-256 are refused', () => {
  for (const algorithm of ['ed25519', 'p256', 'x25519'] as const)
    for (const length of [0, 31, 33])
      assert.throws(() => importPrivateKey(algorithm, new Uint8Array(length).fill(1)), {
        code: 'CRYPTO_INVALID_LENGTH',
      });
  for (const scalar of ['00'.repeat(32), ORDER, 'ff'.repeat(32)])
    assert.throws(() => importPrivateKey('p256', fromHex(scalar)), { code: 'CRYPTO_INVALID_KEY' });
  assert.equal(importPrivateKey('p256', fromHex(ORDER_MINUS_1)).publicKey.length, 65);
});

test('public keys of a wrong length, form or place are refused', () => {
  const { publicKey } = importPrivateKey('p256', new Uint8Array(32).fill(7));
  const attempt = (key: Uint8Array): boolean => verify('p256', key, utf8('m'), new Uint8Array(64));
  const compressed = publicKey.slice(0, 33);
  compressed[0] = 2 + (publicKey[64]! & 1);
  assert.throws(() => attempt(compressed), { code: 'CRYPTO_INVALID_LENGTH' });
  for (const first of [0, 2, 3, 5, 6 + (publicKey[64]! & 1)]) {
    const other = publicKey.slice();
    other[0] = first;
    assert.throws(() => attempt(other), { code: 'CRYPTO_INVALID_KEY' });
  }
  const outside = publicKey.slice();
  outside[64]! ^= 1;
  assert.throws(() => attempt(outside), { code: 'CRYPTO_INVALID_KEY' });
  for (const length of [0, 31, 33]) {
    const short = new Uint8Array(length);
    assert.throws(() => verify('ed25519', short, utf8('m'), new Uint8Array(64)), { code: 'CRYPTO_INVALID_LENGTH' });
    assert.throws(() => x25519(importPrivateKey('x25519', new Uint8Array(32)), short), {
      code: 'CRYPTO_INVALID_LENGTH',
    });
  }
});

test('the public keys of low order are refused by X25519', () => {
  const key = importPrivateKey('x25519', new Uint8Array(32).fill(5));
  for (const point of [
    '00'.repeat(32),
    `01${'00'.repeat(31)}`,
    'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
    '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
    `ec${'ff'.repeat(30)}7f`,
  ])
    assert.throws(() => x25519(key, fromHex(point)), { code: 'CRYPTO_WEAK_PUBLIC_KEY' });
});

test('a generated secret comes from the source; P-256 draws again outside its range', () => {
  const draws = [ORDER, '00'.repeat(32), ORDER_MINUS_1].map(fromHex);
  assert.equal(toHex(generateSecret('p256', () => draws.shift()!)), ORDER_MINUS_1);
  assert.equal(toHex(generateSecret('x25519', (length) => new Uint8Array(length))), '00'.repeat(32));
  assert.throws(() => generateSecret('p256', (length) => new Uint8Array(length)), { code: 'CRYPTO_INVALID_KEY' });
  assert.throws(() => generateSecret('ed25519', () => new Uint8Array(16)), { code: 'CRYPTO_INVALID_LENGTH' });
});

test('a private key shows its length of public key and no secret', () => {
  const secretBytes = new Uint8Array(32).fill(0xab);
  for (const algorithm of ['ed25519', 'p256', 'x25519'] satisfies KeyAlgorithm[]) {
    const key = importPrivateKey(algorithm, secretBytes);
    assert.equal(key.publicKey.length, PUBLIC_KEY_LENGTH[algorithm]);
    assert.equal(Object.getPrototypeOf(key.publicKey), Uint8Array.prototype);
    assert.doesNotMatch(inspect(key, { showHidden: true, depth: 9 }), /(171, ){8}/);
  }
});
