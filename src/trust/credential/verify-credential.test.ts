import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  encodeVersionedData,
  type Identifier,
  identifierFromBytes,
  type PurposeKeyAttestationData,
  verifyHistory,
} from '../identity/index.ts';
import { attestation, firstChange, flipped, type TestKey, testKey, TIMES } from '../identity/testdata/fixtures.ts';
import { attributesOf } from './attributes.ts';
import { type CredentialAndPurposeKey, type CredentialData, encodeCredentialData } from './credential.ts';
import { type CredentialContext, verifyCredential } from './verify-credential.ts';

const authorityKey = testKey('01'.repeat(32));
const signingKey = testKey('02'.repeat(32));
const authority = verifyHistory([firstChange(authorityKey)]);
const subject = identifierFromBytes(new Uint8Array(32).fill(3));
const stranger = identifierFromBytes(new Uint8Array(32).fill(4));
const NOW = Number(TIMES.from) + 100;

const context: CredentialContext = {
  expectedSubject: subject,
  authorities: [stranger, authority.identifier],
  identityOf: async (identifier) => (identifier === authority.identifier ? authority : undefined),
  nowSeconds: NOW,
};

function purposeKey(
  content: Partial<PurposeKeyAttestationData> = {},
): CredentialAndPurposeKey['purposeKeyAttestation'] {
  return attestation(authority, authorityKey, {
    publicKey: { kind: 'credential-signing', key: signingKey.publicKey },
    createdAt: TIMES.from + 10n,
    expiresAt: TIMES.from + 1000n,
    ...content,
  });
}

function credentialOf(data: Uint8Array, key: TestKey = signingKey): CredentialAndPurposeKey {
  return { credential: { data, signature: key.sign(data) }, purposeKeyAttestation: purposeKey() };
}

function contentOf(content: Partial<CredentialData> = {}): Uint8Array {
  return encodeCredentialData({
    subject,
    attributes: attributesOf({ role: 'member' }),
    createdAt: TIMES.from + 10n,
    expiresAt: TIMES.from + 1000n,
    ...content,
  });
}

function relabelled(version: number, dataType: number): CredentialAndPurposeKey {
  const data = new Uint8Array(contentOf());
  data[1] = version;
  data[2] = dataType;
  return credentialOf(data);
}

const good = credentialOf(contentOf());

suite('verification of a credential', () => {
  test('holds with and without an expected subject', async () => {
    const verified = await verifyCredential(good, context);
    assert.equal(verified.issuer, authority.identifier);
    assert.equal(verified.subject, subject);
    assert.deepEqual(verified.attributes, attributesOf({ role: 'member' }));
    assert.deepEqual(await verifyCredential(good, { ...context, expectedSubject: undefined }), verified);
  });

  const FAILED = 'CREDENTIAL_VERIFICATION_FAILED';
  const rules: readonly (readonly [
    check: string,
    name: string,
    code: string,
    wrong: CredentialAndPurposeKey,
    context?: Partial<CredentialContext>,
  ])[] = [
    ['8.3/6', 'the issuer is not known', 'IDENTITY_UNKNOWN', good, { identityOf: async () => undefined }],
    [
      '8.3/12',
      'the attestation is not by the issuer',
      'IDENTITY_ATTESTATION_FAILED',
      { ...good, purposeKeyAttestation: attestation(authority, signingKey) },
    ],
    ['8.3/11', 'the attestation has expired', 'IDENTITY_ATTESTATION_FAILED', good, { nowSeconds: NOW + 901 }],
    ['8.4/2', 'the issuer is no authority', 'CREDENTIAL_UNKNOWN_AUTHORITY', good, { authorities: [stranger] }],
    ['8.4/2', 'there is no authority', 'CREDENTIAL_UNKNOWN_AUTHORITY', good, { authorities: [] }],
    [
      '8.4/3',
      'the attested key is for channels',
      'CREDENTIAL_INVALID_KEY_TYPE',
      { ...good, purposeKeyAttestation: attestation(authority, authorityKey) },
    ],
    ['8.4/4', 'it is signed by the identity key', FAILED, credentialOf(contentOf(), authorityKey)],
    [
      '8.4/4',
      'its signature is changed',
      FAILED,
      {
        ...good,
        credential: {
          ...good.credential,
          signature: { algorithm: 'ed25519', bytes: flipped(good.credential.signature.bytes) },
        },
      },
    ],
    [
      '8.4/4',
      'its data is changed',
      FAILED,
      { ...good, credential: { ...good.credential, data: contentOf({ createdAt: TIMES.from + 11n }) } },
    ],
    [
      '8.4/4',
      'its signature is of another algorithm',
      'IDENTITY_SIGNATURE_TYPE_MISMATCH',
      credentialOf(contentOf(), testKey('02'.repeat(32), 'p256')),
    ],
    ['8.4/5', 'the data is no VersionedData', 'CREDENTIAL_DECODE_FAILED', credentialOf(Uint8Array.of(0x80))],
    ['8.4/5', 'the version is another', 'CREDENTIAL_UNKNOWN_VERSION', relabelled(2, 3)],
    ['8.4/6', 'the data type is that of an attestation', 'CREDENTIAL_INVALID_DATA_TYPE', relabelled(1, 2)],
    [
      '8.4/6',
      'the inner data is something else',
      'CREDENTIAL_DECODE_FAILED',
      credentialOf(encodeVersionedData(3, Uint8Array.of(0x80))),
    ],
    ['8.4/7', 'it has no subject', FAILED, credentialOf(contentOf({ subject: undefined }))],
    ['8.4/8', 'the subject is another', FAILED, good, { expectedSubject: stranger }],
    ['8.4/9', 'it is older than its key', FAILED, credentialOf(contentOf({ createdAt: TIMES.from + 9n }))],
    ['8.4/10', 'it outlives its key', FAILED, credentialOf(contentOf({ expiresAt: TIMES.from + 1001n }))],
    ['8.4/10', 'it outlives it by a 64-bit time', FAILED, credentialOf(contentOf({ expiresAt: 2n ** 64n - 1n }))],
    ['8.4/11', 'it is from the future', FAILED, credentialOf(contentOf({ createdAt: BigInt(NOW) + 61n }))],
    ['8.4/12', 'it has expired', FAILED, credentialOf(contentOf({ expiresAt: BigInt(NOW) - 1n }))],
  ];
  for (const [check, name, code, wrong, changed = {}] of rules) {
    test(`${check}: ${name}`, async () => {
      await assert.rejects(verifyCredential(wrong, { ...context, ...changed }), { code, check });
    });
  }

  test('the edges of validity are inside', async () => {
    await verifyCredential(credentialOf(contentOf({ createdAt: BigInt(NOW) + 60n })), context);
    await verifyCredential(credentialOf(contentOf({ expiresAt: BigInt(NOW) })), context);
  });

  test('the rules are asked in order', async () => {
    const wrong = credentialOf(contentOf({ createdAt: 0n, expiresAt: 0n }));
    await assert.rejects(verifyCredential(wrong, { ...context, expectedSubject: stranger }), { check: '8.4/8' });
    await assert.rejects(verifyCredential(wrong, context), { check: '8.4/9' });
    const unsigned = { ...wrong, credential: { ...wrong.credential, data: Uint8Array.of(0x80) } };
    await assert.rejects(verifyCredential(unsigned, context), { check: '8.4/4' });
    const none: readonly Identifier[] = [];
    await assert.rejects(verifyCredential(unsigned, { ...context, authorities: none }), { check: '8.4/2' });
  });

  test('the changed subject hash is not evaluated', async () => {
    const { latest } = authority;
    await verifyCredential(credentialOf(contentOf({ subjectLatestChangeHash: latest.hash })), context);
  });
});
