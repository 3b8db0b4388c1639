import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { VirtualClock } from '../../../test/support/virtual-clock.ts';
import { fromHex, hasCode } from '../../kernel/index.ts';
import {
  changeHistoryFromHex,
  decodePurposeKeyAttestation,
  decodeVersionedData,
  type Identifier,
  type Identity,
} from '../identity/index.ts';
import { flipped } from '../identity/testdata/fixtures.ts';
import { type TestNode, testNode } from '../identity/testdata/node.ts';
import { D1, D2, D3, D4, S3, S4, S5 } from '../identity/testdata/vectors.ts';
import { MemoryAttributeStore } from './attribute-store.ts';
import { attributesOf } from './attributes.ts';
import { credentialFromHex, decodeCredentialData } from './credential.ts';
import {
  encodeIdentityAndCredentials,
  type IdentityAndCredentials,
  type PeerContext,
  verifyPeer,
} from './handshake-payload.ts';
import { CREDENTIAL_TTL_SECONDS, issueCredential } from './issue-credential.ts';
import { acceptRefreshCredentials } from './refresh-credentials.ts';
import { trustEveryone, trustIdentifier } from './trust-policy.ts';

const STATIC_KEY = fromHex(D2.publicKey);
const PEER = S3.identifier as Identifier;
const AUTHORITY = S5.identifier as Identifier;
const payload: IdentityAndCredentials = {
  history: changeHistoryFromHex(S3.history),
  purposeKeyAttestation: decodePurposeKeyAttestation(fromHex(D2.attestation)),
  credentials: [credentialFromHex(D4.credentialAndPurposeKey)],
};

async function context(changes: Partial<PeerContext> = {}): Promise<PeerContext & { readonly node: TestNode }> {
  const node = testNode();
  await node.identities.receive(changeHistoryFromHex(S5.history));
  return {
    node,
    identities: node.identities,
    staticKey: STATIC_KEY,
    trust: trustEveryone,
    authorities: [AUTHORITY],
    attributes: new MemoryAttributeStore(),
    ...changes,
  };
}

suite('verification of a peer in the handshake', () => {
  test('a good payload: the peer is remembered with its attributes', async () => {
    const ours = await context();
    const extension = Uint8Array.of(1);
    const peer = await verifyPeer(encodeIdentityAndCredentials({ ...payload, extension }), ours);
    assert.ok(peer.trusted);
    assert.equal(peer.identifier, PEER);
    assert.deepEqual(peer.extension, extension);
    assert.deepEqual(
      peer.credentials.map((one) => one.accepted),
      [true],
    );
    assert.equal((await ours.identities.get(PEER)).identifier, PEER);
    assert.deepEqual(await ours.attributes.get(PEER, AUTHORITY, 1_700_000_000), {
      subject: PEER,
      issuer: AUTHORITY,
      attributes: attributesOf({ cluster: 'production' }),
      addedAtSeconds: 1_700_000_000,
      expiresAtSeconds: 1_702_592_000,
    });
  });

  const failures: readonly (readonly [
    check: string | undefined,
    name: string,
    code: string,
    payload: Partial<IdentityAndCredentials>,
    context?: Partial<PeerContext>,
  ])[] = [
    ['8.1/12', 'step 2: an empty history', 'IDENTITY_VERIFICATION_FAILED', { history: [] }],
    [
      '8.1/11',
      'step 2: a history with a wrong signature',
      'IDENTITY_VERIFICATION_FAILED',
      {
        history: payload.history.map((change) => ({
          ...change,
          signature: { ...change.signature, bytes: flipped(change.signature.bytes) },
        })),
      },
    ],
    [
      '8.3/5',
      'step 3: the attestation of somebody else',
      'IDENTITY_ATTESTATION_FAILED',
      { purposeKeyAttestation: decodePurposeKeyAttestation(fromHex(D3.attestation)) },
    ],
    [
      '8.3/7',
      'step 3: an attestation from before the last rotation',
      'IDENTITY_ATTESTATION_FAILED',
      { history: changeHistoryFromHex(D1.history) },
    ],
    [
      '11.1/4',
      'step 4: a key for credentials',
      'CREDENTIAL_INVALID_KEY_TYPE',
      {
        history: changeHistoryFromHex(S5.history),
        purposeKeyAttestation: payload.credentials[0]!.purposeKeyAttestation,
      },
    ],
    ['11.1/4', 'step 4: another static key', 'CREDENTIAL_INVALID_KEY_DATA', {}, { staticKey: fromHex(D3.publicKey) }],
    ['11.1/4', 'step 4: no static key', 'CREDENTIAL_INVALID_KEY_DATA', {}, { staticKey: new Uint8Array(0) }],
  ];
  for (const [check, name, code, changedPayload, changedContext = {}] of failures) {
    test(name, async () => {
      const asked: Identifier[] = [];
      const ours = await context({
        trust: (peer) => {
          asked.push(peer);
          return { trusted: true };
        },
        ...changedContext,
      });
      const bytes = encodeIdentityAndCredentials({ ...payload, ...changedPayload });
      await assert.rejects(verifyPeer(bytes, ours), { code, check });
      assert.deepEqual(asked, []);
      assert.equal(await ours.identities.find(PEER), undefined);
      assert.equal(await ours.attributes.get(PEER, AUTHORITY, 0), undefined);
    });
  }

  test('step 1: an undecodable payload', async () => {
    await assert.rejects(verifyPeer(Uint8Array.of(0x83), await context()), {
      code: 'CREDENTIAL_DECODE_FAILED',
      check: '11.1/1',
    });
  });

  test('step 2: an older history than the known one', async () => {
    const ours = await context();
    await ours.identities.receive(changeHistoryFromHex(D1.history));
    await assert.rejects(verifyPeer(encodeIdentityAndCredentials(payload), ours), { code: 'IDENTITY_INCONSISTENT' });
  });

  test('step 5: a refusal is a value, and the stranger leaves nothing behind', async () => {
    const ours = await context({ trust: trustIdentifier(S4.identifier as Identifier) });
    const peer = await verifyPeer(encodeIdentityAndCredentials(payload), ours);
    assert.deepEqual(peer, { trusted: false, identifier: PEER, reason: `${PEER} is not ${S4.identifier}` });
    assert.equal(await ours.identities.find(PEER), undefined);
    assert.equal(await ours.attributes.get(PEER, AUTHORITY, 0), undefined);
  });

  test('step 6: without an authority credentials are ignored', async () => {
    const ours = await context({ authorities: [] });
    const peer = await verifyPeer(encodeIdentityAndCredentials(payload), ours);
    assert.ok(peer.trusted);
    assert.ok(peer.credentials.every((one) => !one.accepted && one.cause.code === 'CREDENTIAL_UNKNOWN_AUTHORITY'));
    assert.equal(await ours.attributes.get(PEER, AUTHORITY, 0), undefined);
  });

  for (const [how, take] of [
    ['in the handshake', (ours: PeerContext) => verifyPeer(encodeIdentityAndCredentials(payload), ours)],
    ['by a refresh', (ours: PeerContext) => acceptRefreshCredentials(payload, PEER, ours)],
  ] as const) {
    test(`of more strangers than the store takes, ${how}, one with a valid credential is stored`, async () => {
      const ours = await context({ authorities: [] });
      const { identities, histories, clock } = ours.node;
      const elsewhere = testNode(clock).identities;
      for (let i = 0; i < 1000; i++) await identities.meet(await elsewhere.create());
      await take(ours);
      assert.equal(await histories.get(PEER), undefined);
      assert.equal((await identities.get(PEER)).identifier, PEER, 'it is known all the same');
      await take({ ...ours, authorities: [AUTHORITY] });
      assert.ok(await histories.get(PEER));
    });
  }

  test('step 6: a bad credential harms neither the channel nor the good one beside it', async () => {
    const [good] = payload.credentials;
    const { credential } = good!;
    const bad = { ...good!, credential: { ...credential, data: flipped(credential.data) } };
    const foreign = { ...good!, purposeKeyAttestation: payload.purposeKeyAttestation };
    const ours = await context();
    const bytes = encodeIdentityAndCredentials({ ...payload, credentials: [bad, foreign, good!] });
    const peer = await verifyPeer(bytes, ours);
    assert.ok(peer.trusted);
    assert.deepEqual(
      peer.credentials.map((one) => (one.accepted ? 'accepted' : one.cause.check)),
      ['8.4/4', '8.4/2', 'accepted'],
    );
    assert.notEqual(await ours.attributes.get(PEER, AUTHORITY, 1_700_000_000), undefined);
  });

  test('step 6: nobody gets attributes by the credential of another', async () => {
    const ours = await context({ staticKey: fromHex(D3.publicKey) });
    const stolen = {
      ...payload,
      history: changeHistoryFromHex(S4.history),
      purposeKeyAttestation: decodePurposeKeyAttestation(fromHex(D3.attestation)),
    };
    const peer = await verifyPeer(encodeIdentityAndCredentials(stolen), ours);
    assert.ok(peer.trusted);
    assert.deepEqual(
      peer.credentials.map((one) => one.accepted || one.cause.check),
      ['8.4/8'],
    );
    assert.equal(await ours.attributes.get(S4.identifier as Identifier, AUTHORITY, 0), undefined);
    assert.equal(await ours.attributes.get(PEER, AUTHORITY, 0), undefined);
  });

  test('step 6: a failing store is not taken for a bad credential', async () => {
    const attributes = new MemoryAttributeStore();
    attributes.put = () => Promise.reject(new Error('disk full'));
    await assert.rejects(verifyPeer(encodeIdentityAndCredentials(payload), await context({ attributes })), /disk full/);
  });
});

suite('refresh of credentials', () => {
  test('the history must be the one of the peer, then its credentials count', async () => {
    const ours = await context();
    const outcomes = await acceptRefreshCredentials(payload, PEER, ours);
    assert.deepEqual(
      outcomes.map((one) => one.accepted),
      [true],
    );
    assert.notEqual(await ours.attributes.get(PEER, AUTHORITY, 1_700_000_000), undefined);
    await assert.rejects(acceptRefreshCredentials(payload, S4.identifier as Identifier, ours), {
      code: 'IDENTITY_VERIFICATION_FAILED',
      check: '8.1/13',
    });
    const rotated = { history: changeHistoryFromHex(D1.history), credentials: [] };
    assert.deepEqual(await acceptRefreshCredentials(rotated, PEER, ours), []);
    assert.equal((await ours.identities.get(PEER)).changes.length, 2);
    await assert.rejects(acceptRefreshCredentials(payload, PEER, ours), { code: 'IDENTITY_INCONSISTENT' });
  });
});

suite('issuing credentials', () => {
  async function parties(): Promise<{
    clock: VirtualClock;
    authority: TestNode;
    issuer: Identity;
    member: Identity;
    node: TestNode;
  }> {
    const clock = new VirtualClock(1_700_000_000_000);
    const [authority, node] = [testNode(clock), testNode(clock)];
    const [issuer, member] = [await authority.identities.create(), await node.identities.create({ algorithm: 'p256' })];
    await authority.identities.receive(member.history);
    return { clock, authority, issuer, member, node };
  }

  const stated = (data: Uint8Array): ReturnType<typeof decodeCredentialData> =>
    decodeCredentialData(decodeVersionedData(data).data);

  test('a member presents what its authority issued, until it expires', async () => {
    const { clock, authority, issuer, member, node } = await parties();
    const attributes = attributesOf({ 'ockam-role': 'enroller', project: 'p' });
    const issued = await issueCredential(
      { subject: member.identifier, attributes },
      { issuer: issuer.identifier, ...authority },
    );
    const content = stated(issued.credential.data);
    assert.equal(content.subjectLatestChangeHash, member.latest.hash);
    assert.equal(content.expiresAt - content.createdAt, BigInt(CREDENTIAL_TTL_SECONDS));
    const key = await node.purposeKeys.current(member.identifier, 'secure-channel');
    const { publicKey } = key.content;
    assert.equal(publicKey.kind, 'secure-channel');
    if (publicKey.kind !== 'secure-channel') return;
    const verifier = testNode(clock);
    await verifier.identities.receive(issuer.history);
    const ours: PeerContext = {
      identities: verifier.identities,
      staticKey: publicKey.key,
      trust: trustEveryone,
      authorities: [issuer.identifier],
      attributes: new MemoryAttributeStore(),
    };
    const bytes = encodeIdentityAndCredentials({
      history: member.history,
      purposeKeyAttestation: key.attestation,
      credentials: [issued],
    });
    const peer = await verifyPeer(bytes, ours);
    assert.ok(peer.trusted && peer.credentials[0]?.accepted);
    const now = (): number => verifier.identities.nowSeconds();
    assert.deepEqual((await ours.attributes.get(member.identifier, issuer.identifier, now()))?.attributes, attributes);
    await clock.advance((CREDENTIAL_TTL_SECONDS + 1) * 1000);
    assert.equal(await ours.attributes.get(member.identifier, issuer.identifier, now()), undefined);
    const later = await verifyPeer(bytes, ours);
    assert.ok(later.trusted);
    assert.deepEqual(
      later.credentials.map((one) => one.accepted || one.cause.check),
      ['8.4/12'],
    );
  });

  test('validity is cut to the one of the signing key', async () => {
    const { authority, issuer, member } = await parties();
    const issued = await issueCredential(
      { subject: member.identifier, attributes: attributesOf({}), ttlSeconds: Number.MAX_SAFE_INTEGER },
      { issuer: issuer.identifier, ...authority },
    );
    const key = await authority.purposeKeys.current(issuer.identifier, 'credential-signing');
    assert.equal(stated(issued.credential.data).expiresAt, key.content.expiresAt);
  });

  test('about a stranger, by a stranger, or for no time is refused', async () => {
    const { authority, issuer, member } = await parties();
    const own = { issuer: issuer.identifier, ...authority };
    const attributes = attributesOf({});
    await assert.rejects(issueCredential({ subject: PEER, attributes }, own), { code: 'IDENTITY_UNKNOWN' });
    await assert.rejects(
      issueCredential({ subject: issuer.identifier, attributes }, { ...own, issuer: member.identifier }),
      {
        code: 'VAULT_UNKNOWN_KEY',
      },
    );
    for (const ttlSeconds of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      await assert.rejects(issueCredential({ subject: member.identifier, attributes, ttlSeconds }, own), RangeError);
    }
    const long = attributesOf({ long: 'x'.repeat(70_000) });
    await assert.rejects(issueCredential({ subject: member.identifier, attributes: long }, own), {
      code: 'CREDENTIAL_TOO_LONG',
    });
  });

  test('after the issuer rotated, its former credentials no longer count', async () => {
    const { authority, issuer, member } = await parties();
    const own = { issuer: issuer.identifier, ...authority };
    const before = await issueCredential({ subject: member.identifier, attributes: attributesOf({}) }, own);
    const rotated = await authority.identities.rotate(issuer.identifier);
    const after = await issueCredential({ subject: member.identifier, attributes: attributesOf({}) }, own);
    const verifier = testNode(authority.clock);
    await verifier.identities.receive(rotated.history);
    await assert.rejects(verifier.identities.verifyAttestation(before.purposeKeyAttestation), (error) => {
      assert.ok(hasCode(error, 'IDENTITY_ATTESTATION_FAILED'));
      return true;
    });
    await verifier.identities.verifyAttestation(after.purposeKeyAttestation);
  });
});
