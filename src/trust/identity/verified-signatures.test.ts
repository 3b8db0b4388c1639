import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { utf8 } from '../../kernel/index.ts';
import { importPrivateKey, sign, type SigningAlgorithm, verify } from '../crypto/index.ts';
import { attestation, firstChange, flipped, nextChange, testKey, TIMES } from './testdata/fixtures.ts';
import { verifyPurposeKeyAttestation } from './verify-attestation.ts';
import { VerifiedSignatures } from './verified-signatures.ts';
import { verifyHistory } from './verify-history.ts';

function counting(max?: number): { signatures: VerifiedSignatures; asked: () => number } {
  let count = 0;
  const check: typeof verify = (...parts) => {
    count++;
    return verify(...parts);
  };
  return { signatures: new VerifiedSignatures(check, max), asked: () => count };
}

function signed(algorithm: SigningAlgorithm, seed: number, text: string) {
  const key = importPrivateKey(algorithm, new Uint8Array(32).fill(seed));
  const message = utf8(text);
  return { algorithm, publicKey: key.publicKey, message, signature: sign(key, message) };
}

suite('verified signatures', () => {
  for (const algorithm of ['ed25519', 'p256'] as const) {
    test(`${algorithm}: the same one is verified once, every other one by itself`, () => {
      const { signatures, asked } = counting();
      const { publicKey, message, signature } = signed(algorithm, 1, 'm');
      for (let i = 0; i < 3; i++) assert.equal(signatures.verify(algorithm, publicKey, message, signature), true);
      assert.equal(asked(), 1);
      const other = signed(algorithm, 2, 'm');
      assert.equal(signatures.verify(algorithm, other.publicKey, message, signature), false, 'another key');
      assert.equal(signatures.verify(algorithm, publicKey, utf8('n'), signature), false, 'another message');
      assert.equal(signatures.verify(algorithm, publicKey, message, other.signature), false, 'another signature');
      assert.equal(asked(), 4);
      assert.equal(signatures.size, 1);
    });
  }

  test('a bit changed anywhere is found, although the true one is remembered', () => {
    const { signatures } = counting();
    const { publicKey, message, signature } = signed('ed25519', 1, 'the message');
    assert.equal(signatures.verify('ed25519', publicKey, message, signature), true);
    for (const [name, bytes] of Object.entries({ message, signature })) {
      for (let bit = 0; bit < 8 * bytes.length; bit++) {
        const changed = bytes.slice();
        changed[bit >> 3]! ^= 1 << (bit & 7);
        const parts = { message, signature, [name]: changed };
        assert.equal(signatures.verify('ed25519', publicKey, parts.message, parts.signature), false, `${name} ${bit}`);
      }
    }
    assert.equal(signatures.size, 1);
  });

  test('bytes do not move from one part to the next', () => {
    const { signatures } = counting();
    const { publicKey, message, signature } = signed('ed25519', 1, 'message');
    assert.equal(signatures.verify('ed25519', publicKey, message, signature), true);
    const joined = new Uint8Array([...message, ...signature]);
    for (const at of [0, 6, 8, joined.length]) {
      const [m, s] = [joined.subarray(0, at), joined.subarray(at)];
      assert.equal(signatures.verify('ed25519', publicKey, m, s), false, `cut at ${at}`);
    }
    const longer = new Uint8Array([...publicKey, message[0]!]);
    assert.throws(() => signatures.verify('ed25519', longer, message.subarray(1), signature), {
      code: 'CRYPTO_INVALID_LENGTH',
    });
  });

  test('a failure is never remembered', () => {
    const { signatures, asked } = counting();
    const { publicKey, message, signature } = signed('ed25519', 1, 'm');
    const wrong = flipped(signature);
    for (let i = 0; i < 3; i++) assert.equal(signatures.verify('ed25519', publicKey, message, wrong), false);
    assert.equal(asked(), 3);
    assert.equal(signatures.size, 0);
  });

  test('beyond its bound the one that was not asked for the longest is forgotten', () => {
    const { signatures, asked } = counting(2);
    const [a, b, c] = ['a', 'b', 'c'].map((text) => signed('ed25519', 1, text));
    const ask = (one: ReturnType<typeof signed> | undefined): number => {
      assert.ok(one);
      assert.equal(signatures.verify(one.algorithm, one.publicKey, one.message, one.signature), true);
      return asked();
    };
    assert.deepEqual([a, b, a, c].map(ask), [1, 2, 2, 3]);
    assert.equal(signatures.size, 2);
    assert.deepEqual([a, c].map(ask), [3, 3], 'still remembered');
    assert.equal(ask(b), 4, 'forgotten');
  });
});

suite('an attestation whose signature is remembered', () => {
  const old = testKey('01'.repeat(32));
  const key = testKey('02'.repeat(32));
  const history = [firstChange(old)];
  const identity = verifyHistory(history);
  const good = attestation(identity, old);
  const context = { identityOf: async () => identity, nowSeconds: Number(TIMES.from) };
  const verifyAgain = async (changed: Partial<Parameters<typeof verifyPurposeKeyAttestation>[1]>): Promise<unknown> => {
    await verifyPurposeKeyAttestation(good, context);
    return verifyPurposeKeyAttestation(good, { ...context, ...changed });
  };

  test('is refused once it has expired', async () => {
    await assert.rejects(verifyAgain({ nowSeconds: Number(TIMES.from) + 1001 }), { check: '8.3/11' });
  });

  test('is refused once its subject has a new key', async () => {
    const rotated = verifyHistory([...history, nextChange(history[0]!, old, key)]);
    await assert.rejects(verifyAgain({ identityOf: async () => rotated }), { check: '8.3/7' });
  });

  test('is refused as that of another identity', async () => {
    const other = verifyHistory([firstChange(key)]);
    await assert.rejects(verifyAgain({ expectedSubject: other.identifier }), { check: '8.3/5' });
    await assert.rejects(verifyAgain({ identityOf: async () => other }), { check: '8.3/7' });
    await assert.rejects(verifyAgain({ identityOf: async () => undefined }), { check: '8.3/6' });
  });
});
