import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { changeHashFromBytes, identifierFromBytes } from './identifier.ts';
import type { PurposeKeyAttestation } from './purpose-key-attestation.ts';
import { attestation, firstChange, flipped, nextChange, testKey, TIMES } from './testdata/fixtures.ts';
import { type AttestationContext, verifyPurposeKeyAttestation } from './verify-attestation.ts';
import { verifyHistory } from './verify-history.ts';
import { encodeVersionedData } from './versioned-data.ts';

const old = testKey('01'.repeat(32));
const key = testKey('02'.repeat(32));
const first = firstChange(old);
const identity = verifyHistory([first, nextChange(first, old, key)]);
const stranger = identifierFromBytes(new Uint8Array(32).fill(5));
const good = attestation(identity, key);
const NOW = Number(TIMES.from);

const context: AttestationContext = {
  expectedSubject: identity.identifier,
  identityOf: async (identifier) => (identifier === identity.identifier ? identity : undefined),
  nowSeconds: NOW,
};

function relabelled(version: number, dataType: number): PurposeKeyAttestation {
  const data = new Uint8Array(good.data);
  data[1] = version;
  data[2] = dataType;
  return { data, signature: key.sign(data) };
}

function around(inner: Uint8Array): PurposeKeyAttestation {
  const data = encodeVersionedData(2, inner);
  return { data, signature: key.sign(data) };
}

suite('verification of a purpose key attestation', () => {
  test('holds with and without an expected subject', async () => {
    const content = await verifyPurposeKeyAttestation(good, context);
    assert.equal(content.subject, identity.identifier);
    assert.deepEqual(await verifyPurposeKeyAttestation(good, { ...context, expectedSubject: undefined }), content);
  });

  const rules: readonly (readonly [
    check: string,
    name: string,
    wrong: PurposeKeyAttestation,
    code?: string | undefined,
    context?: Partial<AttestationContext>,
  ])[] = [
    ['8.3/1', 'the data is no VersionedData', { ...good, data: Uint8Array.of(0xff) }, 'IDENTITY_DECODE_FAILED'],
    ['8.3/2', 'the version is another', relabelled(2, 2)],
    ['8.3/3', 'the data type is that of a change', relabelled(1, 1), 'IDENTITY_INVALID_ATTESTATION_DATA_TYPE'],
    ['8.3/3', 'the data type is that of a credential', relabelled(1, 3), 'IDENTITY_INVALID_ATTESTATION_DATA_TYPE'],
    ['8.3/4', 'the inner data is something else', around(Uint8Array.of(0x80)), 'IDENTITY_DECODE_FAILED'],
    ['8.3/5', 'the subject is not the expected one', good, undefined, { expectedSubject: stranger }],
    [
      '8.3/6',
      'the subject is not known',
      attestation(identity, key, { subject: stranger }),
      'IDENTITY_UNKNOWN',
      { expectedSubject: undefined },
    ],
    [
      '8.3/7',
      'it was made before the last rotation',
      attestation(identity, old, { subjectLatestChangeHash: identity.changes[0]!.hash }),
    ],
    [
      '8.3/7',
      'it names a change that is none',
      attestation(identity, key, { subjectLatestChangeHash: changeHashFromBytes(new Uint8Array(32)) }),
    ],
    ['8.3/8', 'it outlives the key of the identity', attestation(identity, key, { expiresAt: TIMES.until + 1n })],
    ['8.3/8', 'it outlives it by a 64-bit time', attestation(identity, key, { expiresAt: 2n ** 64n - 1n })],
    ['8.3/9', 'it is older than the key', attestation(identity, key, { createdAt: TIMES.from - 1n })],
    ['8.3/10', 'it is from the future', attestation(identity, key, { createdAt: TIMES.from + 61n })],
    ['8.3/11', 'it has expired', good, undefined, { nowSeconds: NOW + 1001 }],
    ['8.3/12', 'it is signed by the former key', attestation(identity, old)],
    [
      '8.3/12',
      'its signature is changed',
      { ...good, signature: { algorithm: 'ed25519', bytes: flipped(good.signature.bytes) } },
    ],
    [
      '8.3/12',
      'its signature is of another algorithm',
      attestation(identity, testKey('02'.repeat(32), 'p256')),
      'IDENTITY_SIGNATURE_TYPE_MISMATCH',
    ],
  ];
  for (const [check, name, wrong, code = 'IDENTITY_ATTESTATION_FAILED', changed = {}] of rules) {
    test(`${check}: ${name}`, async () => {
      await assert.rejects(verifyPurposeKeyAttestation(wrong, { ...context, ...changed }), { code, check });
    });
  }

  test('the edges of validity are inside', async () => {
    const edge = attestation(identity, key, { createdAt: TIMES.from + 60n, expiresAt: TIMES.from + 60n });
    await verifyPurposeKeyAttestation(edge, context);
    await verifyPurposeKeyAttestation(edge, { ...context, nowSeconds: NOW + 60 });
    await assert.rejects(verifyPurposeKeyAttestation(edge, { ...context, nowSeconds: NOW + 61 }), { check: '8.3/11' });
    await verifyPurposeKeyAttestation(attestation(identity, key, { expiresAt: TIMES.until }), context);
  });

  test('a failure of the known history comes through', async () => {
    const broken = async (): Promise<never> => verifyHistory([]) as never;
    await assert.rejects(verifyPurposeKeyAttestation(good, { ...context, identityOf: broken }), { check: '8.1/12' });
  });

  test('the rules are asked in order', async () => {
    const wrong = attestation(identity, old, {
      subjectLatestChangeHash: changeHashFromBytes(new Uint8Array(32)),
      createdAt: 0n,
      expiresAt: 0n,
    });
    await assert.rejects(verifyPurposeKeyAttestation(wrong, context), { check: '8.3/7' });
  });
});
