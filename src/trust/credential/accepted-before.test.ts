import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { VirtualClock } from '../../../test/support/virtual-clock.ts';
import type { Identity, OwnPurposeKey } from '../identity/index.ts';
import { flipped } from '../identity/testdata/fixtures.ts';
import { type TestNode, testNode } from '../identity/testdata/node.ts';
import { MemoryAttributeStore } from './attribute-store.ts';
import {
  decodeIdentityAndCredentials,
  encodeIdentityAndCredentials,
  type PeerContext,
  verifyPeer,
} from './handshake-payload.ts';
import { trustEveryone } from './trust-policy.ts';

/** A peer, and what it shows of itself now. */
async function shown(peer: TestNode, identity: Identity): Promise<{ payload: Uint8Array; key: OwnPurposeKey }> {
  const key = await peer.purposeKeys.current(identity.identifier, 'secure-channel');
  const purposeKeyAttestation = key.attestation;
  const { history } = key.identity;
  return { key, payload: encodeIdentityAndCredentials({ history, purposeKeyAttestation, credentials: [] }) };
}

function context(node: TestNode, { content }: OwnPurposeKey, changes: Partial<PeerContext> = {}): PeerContext {
  assert.equal(content.publicKey.kind, 'secure-channel');
  return {
    identities: node.identities,
    staticKey: content.publicKey.key,
    trust: trustEveryone,
    authorities: [],
    attributes: new MemoryAttributeStore(),
    ...changes,
  };
}

suite('a payload that was accepted before', () => {
  test('is accepted again, by whoever sees it, and makes the peer known to each', async () => {
    const peer = testNode();
    const identity = await peer.identities.create();
    const { payload, key } = await shown(peer, identity);
    for (const node of [testNode(), testNode()]) {
      for (let i = 0; i < 2; i++) {
        const verified = await verifyPeer(payload.slice(), context(node, key));
        assert.equal(verified.identifier, identity.identifier);
      }
      assert.equal((await node.identities.get(identity.identifier)).identifier, identity.identifier);
    }
  });

  test('does not pass with the static key of another, nor past the policy', async () => {
    const peer = testNode();
    const { payload, key } = await shown(peer, await peer.identities.create());
    const node = testNode();
    await verifyPeer(payload, context(node, key));
    await assert.rejects(verifyPeer(payload, context(node, key, { staticKey: new Uint8Array(32).fill(9) })), {
      code: 'CREDENTIAL_INVALID_KEY_DATA',
      check: '11.1/4',
    });
    const refused = await verifyPeer(
      payload,
      context(node, key, { trust: () => ({ trusted: false, reason: 'taken back' }) }),
    );
    assert.equal(refused.trusted, false);
  });

  test('is refused as soon as its attestation has expired, and before it began', async () => {
    const peer = testNode();
    const identity = await peer.identities.create({ ttlSeconds: 1000 });
    const { payload, key } = await shown(peer, identity);
    const node = testNode();
    await verifyPeer(payload, context(node, key));
    await node.clock.advance(1000_000);
    await verifyPeer(payload, context(node, key));
    await node.clock.advance(1000);
    await assert.rejects(verifyPeer(payload, context(node, key)), { check: '8.3/11' });
    const behind = testNode(new VirtualClock((Number(key.content.createdAt) - 61) * 1000));
    await assert.rejects(verifyPeer(payload, context(behind, key)), { check: '8.3/10' });
  });

  test('is refused once a newer history of its identity is known', async () => {
    const peer = testNode();
    const { identifier } = await peer.identities.create();
    const before = await shown(peer, await peer.identities.get(identifier));
    const node = testNode();
    await verifyPeer(before.payload, context(node, before.key));
    const rotated = await peer.identities.rotate(identifier);
    await node.identities.receive(rotated.history);
    await assert.rejects(verifyPeer(before.payload, context(node, before.key)), { code: 'IDENTITY_INCONSISTENT' });
    const after = await shown(peer, rotated);
    assert.equal((await verifyPeer(after.payload, context(node, after.key))).identifier, identifier);
  });

  test('does not vouch for one that differs in a single byte', async () => {
    const peer = testNode();
    const { payload, key } = await shown(peer, await peer.identities.create());
    const node = testNode();
    await verifyPeer(payload, context(node, key));
    const decoded = decodeIdentityAndCredentials(payload);
    const { signature } = decoded.purposeKeyAttestation;
    const forged = encodeIdentityAndCredentials({
      ...decoded,
      purposeKeyAttestation: {
        ...decoded.purposeKeyAttestation,
        signature: { ...signature, bytes: flipped(signature.bytes) },
      },
    });
    await assert.rejects(verifyPeer(forged, context(node, key)), { check: '8.3/12' });
    for (let at = 0; at < payload.length; at++) {
      await assert.rejects(verifyPeer(payload.with(at, payload[at]! ^ 0x40), context(node, key)), `changed at ${at}`);
    }
    for (let length = 0; length < payload.length; length++) {
      await assert.rejects(verifyPeer(payload.subarray(0, length), context(node, key)), `cut to ${length}`);
    }
  });
});
