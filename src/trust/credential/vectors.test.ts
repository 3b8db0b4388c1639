import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { CborReader } from '../../kernel/cbor/index.ts';
import { concat, fromHex, toHex } from '../../kernel/index.ts';
import {
  attestPurposeKey,
  changeHistoryFromHex,
  decodePurposeKeyAttestation,
  decodePurposeKeyAttestationData,
  decodeVersionedData,
  encodePurposeKeyAttestationData,
  signData,
  signedDigest,
  verifyHistory,
  verifySignature,
} from '../identity/index.ts';
import { vaultWith } from '../identity/testdata/fixtures.ts';
import { D2, D3, D4, RESPONDER_PAYLOAD, S3, S4, S5, S9 } from '../identity/testdata/vectors.ts';
import { attributesOf, attributeTexts } from './attributes.ts';
import { credentialFromHex, credentialToHex, decodeCredentialData, encodeCredentialData } from './credential.ts';
import { decodeIdentityAndCredentials, encodeIdentityAndCredentials } from './handshake-payload.ts';
import { decodeRefreshCredentials, encodeRefreshCredentials, readRefreshCredentials } from './refresh-credentials.ts';
import { verifyCredential } from './verify-credential.ts';

/** `[[1, [refresh]], padding]` around the content of a refresh. */
const REFRESH_HEAD = '82820181';
const REFRESH_TAIL = '40';

suite('S9: a refresh with a credential, made by the reference', () => {
  const reader = new CborReader(fromHex(S9), REFRESH_HEAD.length / 2);
  const refresh = readRefreshCredentials(reader);
  const identity = verifyHistory(refresh.history);
  const [presented] = refresh.credentials;
  const envelope = decodeVersionedData(presented!.credential.data);
  const credential = decodeCredentialData(envelope.data);
  const attested = decodePurposeKeyAttestationData(decodeVersionedData(presented!.purposeKeyAttestation.data).data);

  test('keeps its bytes', () => {
    assert.equal(REFRESH_HEAD + toHex(encodeRefreshCredentials(refresh)) + REFRESH_TAIL, S9);
    assert.equal(reader.position, S9.length / 2 - 1);
    assert.deepEqual(decodeRefreshCredentials(encodeRefreshCredentials(refresh)), refresh);
    assert.deepEqual(encodeCredentialData(credential), presented!.credential.data);
    assert.deepEqual(encodePurposeKeyAttestationData(attested), presented!.purposeKeyAttestation.data);
    assert.equal(refresh.credentials.length, 1);
  });

  test('states what it should', () => {
    assert.equal(identity.identifier, 'I904192e6e480915e0d1256d3abf9c3c9c67bc2b4c41ffca77550d8a3f12fbb1e');
    assert.equal(credential.subject, identity.identifier);
    assert.equal(credential.subjectLatestChangeHash, identity.latest.hash);
    assert.equal(credential.attributes.schema, 1n);
    assert.deepEqual(
      [...attributeTexts(credential.attributes)],
      [
        ['ockam-relay', '*'],
        ['ockam-role', 'enroller'],
        ['project_id', '767d461c-9851-4c0b-bfc6-6d3334b5bcc2'],
        ['trust_context_id', '767d461c-9851-4c0b-bfc6-6d3334b5bcc2'],
      ],
    );
    assert.deepEqual([credential.createdAt, credential.expiresAt], [1704764367n, 1704764397n]);
    assert.equal(attested.subject, 'Ib1fea1775d75079abdb1e78b96921fa9ec340bc2b5aa70f37e65342d859cf550');
    assert.deepEqual(attested.publicKey, {
      kind: 'credential-signing',
      key: {
        algorithm: 'ed25519',
        bytes: fromHex('389852b0f4fee7b6b962442a924d1672c56b8813fb846a50da80db7e1bbe4159'),
      },
    });
    assert.deepEqual([attested.createdAt, attested.expiresAt], [1704761903n, 1862441903n]);
  });

  test('is signed by the attested key', () => {
    assert.equal(attested.publicKey.kind, 'credential-signing');
    if (attested.publicKey.kind !== 'credential-signing') return;
    const { data, signature } = presented!.credential;
    assert.ok(verifySignature(attested.publicKey.key, signedDigest(data), signature, 'S9'));
  });
});

suite('D4: a credential by S5 about S3', () => {
  const issuer = verifyHistory(changeHistoryFromHex(S5.history));
  const subject = verifyHistory(changeHistoryFromHex(S3.history));
  const decoded = credentialFromHex(D4.credentialAndPurposeKey);

  test('keeps its bytes, in its stages', () => {
    assert.equal(credentialToHex(decoded), D4.credentialAndPurposeKey);
    assert.equal(D4.credentialAndPurposeKey.length / 2, 375);
    assert.equal(toHex(decoded.credential.data), D4.versionedData);
    assert.equal(toHex(decodeVersionedData(decoded.credential.data).data), D4.credentialData);
    assert.equal(toHex(signedDigest(decoded.credential.data)), D4.digest);
    assert.deepEqual(credentialFromHex(D4.credentialAndPurposeKey.toUpperCase()), decoded);
  });

  test('is made again from its keys', async () => {
    const { vault, keys } = await vaultWith(['ed25519', S5.secret!], ['ed25519', '22'.repeat(32)]);
    assert.equal(toHex(keys[1]!.publicKey), D4.publicKey);
    const publicKey = {
      kind: 'credential-signing',
      key: { algorithm: 'ed25519', bytes: keys[1]!.publicKey },
    } as const;
    const data = encodeCredentialData({
      subject: subject.identifier,
      subjectLatestChangeHash: subject.latest.hash,
      attributes: attributesOf({ cluster: 'production' }),
      createdAt: 1_700_000_000n,
      expiresAt: 1_702_592_000n,
    });
    const made = {
      credential: { data, signature: await signData(vault, keys[1]!.handle, data) },
      purposeKeyAttestation: await attestPurposeKey(vault, issuer, publicKey, 1_700_000_000),
    };
    assert.equal(credentialToHex(made), D4.credentialAndPurposeKey);
  });

  test('verifies', async () => {
    const verified = await verifyCredential(decoded, {
      expectedSubject: subject.identifier,
      authorities: [issuer.identifier],
      identityOf: async (identifier) => (identifier === issuer.identifier ? issuer : undefined),
      nowSeconds: 1_700_000_000,
    });
    assert.equal(verified.issuer, S5.identifier);
    assert.deepEqual(verified.attributes, attributesOf({ cluster: 'production' }));
  });

  test('hex with anything around it is refused', () => {
    for (const text of [`0x${D4.credentialAndPurposeKey}`, `${D4.credentialAndPurposeKey} `, 'zz', '']) {
      assert.throws(() => credentialFromHex(text), { code: 'CREDENTIAL_DECODE_FAILED' });
    }
  });
});

suite('identity payloads of a handshake', () => {
  test('of the responder, without a credential', () => {
    const payload = {
      history: changeHistoryFromHex(S4.history),
      purposeKeyAttestation: decodePurposeKeyAttestation(fromHex(D3.attestation)),
      credentials: [],
      extension: undefined,
    };
    assert.equal(toHex(encodeIdentityAndCredentials(payload)), RESPONDER_PAYLOAD);
    assert.equal(RESPONDER_PAYLOAD.length / 2, 323);
    assert.deepEqual(decodeIdentityAndCredentials(fromHex(RESPONDER_PAYLOAD)), payload);
  });

  test('of the initiator, with a credential', () => {
    const bytes = fromHex(`83${S3.history}${D2.attestation}81${D4.credentialAndPurposeKey}`);
    assert.equal(bytes.length, 698);
    const payload = decodeIdentityAndCredentials(bytes);
    assert.deepEqual(encodeIdentityAndCredentials(payload), bytes);
    assert.deepEqual(payload.credentials, [credentialFromHex(D4.credentialAndPurposeKey)]);
  });

  test('with an extension: one element more, nothing else changed', () => {
    const payload = decodeIdentityAndCredentials(fromHex(RESPONDER_PAYLOAD));
    const extended = encodeIdentityAndCredentials({ ...payload, extension: Uint8Array.of(1, 2, 3) });
    assert.equal(toHex(extended), `84${RESPONDER_PAYLOAD.slice(2)}43010203`);
    assert.deepEqual(decodeIdentityAndCredentials(extended).extension, Uint8Array.of(1, 2, 3));
    const empty = encodeIdentityAndCredentials({ ...payload, extension: new Uint8Array(0) });
    assert.deepEqual(decodeIdentityAndCredentials(empty).extension, new Uint8Array(0));
  });

  test('with elements that are not known: skipped', () => {
    const body = fromHex(RESPONDER_PAYLOAD).slice(1);
    for (const more of ['84f6', '84a10102', '8401', '8565616c69656e01', '854101824102f5']) {
      const [head, tail] = [more.slice(0, 2), more.slice(2)];
      const payload = decodeIdentityAndCredentials(concat(fromHex(head), body, fromHex(tail)));
      assert.equal(toHex(encodeIdentityAndCredentials({ ...payload, extension: undefined })), RESPONDER_PAYLOAD);
    }
    assert.doesNotThrow(() => decodeIdentityAndCredentials(concat(fromHex(RESPONDER_PAYLOAD), Uint8Array.of(0xff))));
  });
});
