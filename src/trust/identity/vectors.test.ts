import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { fromHex, toHex } from '../../kernel/index.ts';
import { sha256, verify } from '../crypto/index.ts';
import { changeHashOf, decodeChangeData, encodeChangeData, signedDigest } from './change.ts';
import { changeHistoryFromHex, changeHistoryToHex } from './change-history.ts';
import { parseIdentifier } from './identifier.ts';
import { attestPurposeKey } from './issue-attestation.ts';
import { createHistory, extendHistory } from './issue-change.ts';
import {
  decodePurposeKeyAttestation,
  decodePurposeKeyAttestationData,
  encodePurposeKeyAttestation,
  encodePurposeKeyAttestationData,
} from './purpose-key-attestation.ts';
import { vaultWith } from './testdata/fixtures.ts';
import { D1, D2, D3, HISTORIES, S1, S2, S3, S3_STAGES, S4 } from './testdata/vectors.ts';
import { verifyPurposeKeyAttestation } from './verify-attestation.ts';
import { verifyHistory } from './verify-history.ts';
import { decodeVersionedData, encodeVersionedData } from './versioned-data.ts';

const X25519_S3 = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f';
const X25519_S4 = '0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20';

suite('vectors of change histories', () => {
  for (const vector of HISTORIES) {
    test(`${vector.name} verifies and keeps its bytes`, () => {
      const history = changeHistoryFromHex(vector.history);
      const identity = verifyHistory(history, parseIdentifier(vector.identifier));
      assert.equal(identity.identifier, vector.identifier);
      assert.equal(changeHistoryToHex(history), vector.history);
      const { data } = decodeVersionedData(history[0]!.data);
      assert.deepEqual(encodeVersionedData(1, data), history[0]!.data);
      assert.deepEqual(encodeChangeData(decodeChangeData(data)), history[0]!.data);
      if (vector.from !== undefined) assert.equal(identity.latest.attestationsValidFrom, vector.from);
      if (vector.until !== undefined) assert.equal(identity.latest.attestationsValidUntil, vector.until);
    });

    const { secret } = vector;
    if (secret === undefined) continue;
    test(`${vector.name} is made again from its secret`, async () => {
      const { latest } = verifyHistory(changeHistoryFromHex(vector.history));
      const { vault, keys } = await vaultWith(['ed25519', secret]);
      const made = await createHistory(vault, keys[0]!, {
        attestationsValidFrom: latest.attestationsValidFrom,
        attestationsValidUntil: latest.attestationsValidUntil,
        revokeAllPurposeKeys: false,
      });
      assert.equal(changeHistoryToHex(made), vector.history);
    });
  }

  test('S3 in its stages', () => {
    const [change] = changeHistoryFromHex(S3.history);
    assert.equal(toHex(change!.data), S3_STAGES.versionedData);
    assert.equal(toHex(decodeVersionedData(change!.data).data), S3_STAGES.changeData);
    assert.equal(toHex(signedDigest(change!.data)), S3_STAGES.digest);
    assert.equal(changeHashOf(change!), S3_STAGES.digest);
    const { primaryPublicKey } = decodeChangeData(fromHex(S3_STAGES.changeData));
    assert.deepEqual(primaryPublicKey, { algorithm: 'ed25519', bytes: fromHex(S3_STAGES.publicKey) });
  });

  test('hex is read in either case and written in lower case', () => {
    assert.equal(changeHistoryToHex(changeHistoryFromHex(S1.history.toUpperCase())), S1.history);
    for (const text of [`0x${S1.history}`, ` ${S1.history}`, `${S1.history}\n`, S1.history.slice(1)]) {
      assert.throws(() => changeHistoryFromHex(text), { code: 'IDENTITY_DECODE_FAILED' });
    }
  });

  test('the S3 signature covers the digest only, not the data nor the hash of the inner data', () => {
    const [change] = changeHistoryFromHex(S3.history);
    const key = fromHex(S3_STAGES.publicKey);
    const holds = (message: Uint8Array): boolean => verify('ed25519', key, message, change!.signature.bytes);
    assert.ok(holds(sha256(change!.data)));
    assert.ok(!holds(change!.data));
    assert.ok(!holds(sha256(fromHex(S3_STAGES.changeData))));
  });

  test('the S2 signature is over the hash of the digest, and its high s is accepted', () => {
    const [change] = changeHistoryFromHex(S2.history);
    const { primaryPublicKey } = verifyHistory([change!]).latest;
    const { bytes } = change!.signature;
    assert.ok(verify('p256', primaryPublicKey.bytes, sha256(change!.data), bytes));
    assert.ok(!verify('p256', primaryPublicKey.bytes, change!.data, bytes));
    const halfOrder = '7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8';
    assert.ok(toHex(bytes.slice(32)) > halfOrder);
  });
});

suite('derived vectors', () => {
  test('D1: rotation of S3', async () => {
    const { vault, keys } = await vaultWith(['ed25519', S3.secret!], ['ed25519', '11'.repeat(32)]);
    const identity = verifyHistory(changeHistoryFromHex(S3.history));
    const rotated = await extendHistory(vault, identity, keys[1]!, {
      attestationsValidFrom: 1_700_000_000n,
      attestationsValidUntil: 2_015_360_000n,
      revokeAllPurposeKeys: true,
    });
    assert.equal(changeHistoryToHex(rotated), D1.history);
    const verified = verifyHistory(changeHistoryFromHex(D1.history));
    assert.equal(verified.identifier, S3.identifier);
    assert.equal(verified.latest.hash, D1.changeHash);
    assert.equal(toHex(rotated[1]!.data), D1.versionedData);
    assert.equal(verified.latest.revokeAllPurposeKeys, true);
  });

  for (const [name, owner, secret, vector] of [
    ['D2', S3, X25519_S3, D2],
    ['D3', S4, X25519_S4, D3],
  ] as const) {
    test(`${name}: channel key attestation of ${owner.name}`, async () => {
      const { vault, keys } = await vaultWith(['ed25519', owner.secret!], ['x25519', secret]);
      assert.equal(toHex(keys[1]!.publicKey), vector.publicKey);
      const identity = verifyHistory(changeHistoryFromHex(owner.history));
      const publicKey = { kind: 'secure-channel', key: keys[1]!.publicKey } as const;
      const made = await attestPurposeKey(vault, identity, publicKey, 1_700_000_000);
      assert.equal(toHex(encodePurposeKeyAttestation(made)), vector.attestation);

      const decoded = decodePurposeKeyAttestation(fromHex(vector.attestation));
      assert.equal(toHex(encodePurposeKeyAttestation(decoded)), vector.attestation);
      const inner = decodePurposeKeyAttestationData(decodeVersionedData(decoded.data).data);
      assert.deepEqual(encodePurposeKeyAttestationData(inner), decoded.data);
      const content = await verifyPurposeKeyAttestation(decoded, {
        expectedSubject: identity.identifier,
        identityOf: async () => identity,
        nowSeconds: 1_700_000_000,
      });
      assert.deepEqual(content, {
        subject: identity.identifier,
        subjectLatestChangeHash: identity.latest.hash,
        publicKey,
        createdAt: 1_700_000_000n,
        expiresAt: 1_857_680_000n,
      });
    });
  }

  test('D2 in its stages', () => {
    const { data } = decodePurposeKeyAttestation(fromHex(D2.attestation));
    assert.equal(toHex(data), D2.versionedData);
    assert.equal(toHex(signedDigest(data)), D2.digest);
  });

  test('sizes of histories and attestations', async () => {
    const { vault, keys } = await vaultWith(
      ['ed25519', S3.secret!],
      ['p256', '11'.repeat(32)],
      ['ed25519', '22'.repeat(32)],
    );
    const terms = {
      attestationsValidFrom: 1_700_000_000n,
      attestationsValidUntil: 2_015_360_000n,
      revokeAllPurposeKeys: false,
    };
    const size = (hex: string): number => hex.length / 2;
    const edwards = await createHistory(vault, keys[0]!, terms);
    assert.equal(size(changeHistoryToHex(edwards)), 128);
    assert.equal(size(changeHistoryToHex(await createHistory(vault, keys[1]!, terms))), 161);
    const longer = await extendHistory(vault, verifyHistory(edwards), keys[2]!, terms);
    assert.equal(size(changeHistoryToHex(longer)), 128 + 229);
    const mixed = await extendHistory(vault, verifyHistory(edwards), keys[1]!, terms);
    assert.equal(verifyHistory(mixed).latest.primaryPublicKey.algorithm, 'p256');
    const signing = {
      kind: 'credential-signing',
      key: { algorithm: 'ed25519', bytes: keys[2]!.publicKey },
    } as const;
    const attested = await attestPurposeKey(vault, verifyHistory(edwards), signing, 1_700_000_000);
    assert.equal(encodePurposeKeyAttestation(attested).length, 196);
    assert.equal(size(D2.attestation), 193);
  });
});
