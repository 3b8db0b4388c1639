import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { concat, fromHex, hasCode, toHex } from '../../kernel/index.ts';
import { AEAD_NONCE_LENGTH, aeadOpen, aeadSeal } from './aes-gcm.ts';
import { hkdf } from './hash.ts';
import { importPrivateKey, type SigningAlgorithm } from './private-key.ts';
import { verify } from './signature.ts';
import { x25519 } from './x25519.ts';

const folder = path.join(import.meta.dirname, '../../../test/vectors/wycheproof');

interface Suite<G, T> {
  readonly testGroups: readonly (G & { readonly tests: readonly (T & Common)[] })[];
}
interface Common {
  readonly tcId: number;
  readonly comment: string;
  readonly result: 'valid' | 'invalid' | 'acceptable';
}

test('AES-256-GCM, 96-bit nonce, 128-bit tag', () => {
  interface Group {
    readonly ivSize: number;
    readonly keySize: number;
    readonly tagSize: number;
  }
  type Case = Record<'key' | 'iv' | 'aad' | 'msg' | 'ct' | 'tag', string>;
  let run = 0;
  for (const group of read<Group, Case>('aes_gcm_test').testGroups) {
    if (group.keySize !== 256 || group.tagSize !== 128 || group.ivSize !== 8 * AEAD_NONCE_LENGTH) continue;
    for (const vector of group.tests) {
      const [key, iv, aad, message] = [vector.key, vector.iv, vector.aad, vector.msg].map(fromHex);
      const sealed = concat(fromHex(vector.ct), fromHex(vector.tag));
      if (vector.result === 'valid') {
        assert.deepEqual(aeadOpen(key!, iv!, aad!, sealed), message, label(vector));
        assert.deepEqual(aeadSeal(key!, iv!, aad!, message!), sealed, label(vector));
      } else {
        assert.throws(() => aeadOpen(key!, iv!, aad!, sealed), { code: 'CRYPTO_AUTHENTICATION_FAILED' }, label(vector));
      }
      run += 1;
    }
  }
  assert.ok(run > 60, `${run} cases`);
});

test('X25519', () => {
  type Case = Record<'public' | 'private' | 'shared', string>;
  let weak = 0;
  for (const group of read<unknown, Case>('x25519_test').testGroups) {
    for (const vector of group.tests) {
      const key = importPrivateKey('x25519', fromHex(vector.private));
      const agree = (): string => toHex(x25519(key, fromHex(vector.public)));
      if (/^0*$/.test(vector.shared)) {
        assert.throws(agree, { code: 'CRYPTO_WEAK_PUBLIC_KEY' }, label(vector));
        weak += 1;
      } else assert.equal(agree(), vector.shared, label(vector));
    }
  }
  assert.ok(weak > 0);
});

test('Ed25519', () => {
  interface Group {
    readonly publicKey: { readonly pk: string };
  }
  for (const group of read<Group, Record<'msg' | 'sig', string>>('ed25519_test').testGroups)
    for (const vector of group.tests) checkSignature('ed25519', group.publicKey.pk, vector);
});

test('ECDSA P-256 with SHA-256, r ‖ s', () => {
  interface Group {
    readonly publicKey: { readonly uncompressed: string };
  }
  for (const group of read<Group, Record<'msg' | 'sig', string>>('ecdsa_secp256r1_sha256_p1363_test').testGroups)
    for (const vector of group.tests) checkSignature('p256', group.publicKey.uncompressed, vector);
});

test('HKDF-SHA256', () => {
  type Case = Record<'ikm' | 'salt' | 'info' | 'okm', string> & { readonly size: number };
  for (const group of read<unknown, Case>('hkdf_sha256_test').testGroups) {
    for (const vector of group.tests) {
      const derive = (): string =>
        toHex(hkdf(fromHex(vector.salt), fromHex(vector.ikm), fromHex(vector.info), vector.size));
      if (vector.result === 'valid') assert.equal(derive(), vector.okm, label(vector));
      else assert.throws(derive, { code: 'CRYPTO_INVALID_LENGTH' }, label(vector));
    }
  }
});

function checkSignature(
  algorithm: SigningAlgorithm,
  publicKey: string,
  vector: Common & Record<'msg' | 'sig', string>,
): void {
  let accepted = false;
  try {
    accepted = verify(algorithm, fromHex(publicKey), fromHex(vector.msg), fromHex(vector.sig));
  } catch (error) {
    assert.ok(hasCode(error, 'CRYPTO_INVALID_KEY'), label(vector));
  }
  assert.equal(accepted, vector.result === 'valid', label(vector));
}

function label(vector: Common): string {
  return `case ${vector.tcId}: ${vector.comment}`;
}

function read<G, T>(name: string): Suite<G, T> {
  return JSON.parse(readFileSync(path.join(folder, `${name}.json`), 'utf8')) as Suite<G, T>;
}
