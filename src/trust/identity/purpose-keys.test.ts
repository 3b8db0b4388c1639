import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { keyHandle } from '../vault/index.ts';
import { changeHistoryFromHex } from './change-history.ts';
import { Identities } from './identities.ts';
import { encodePurposeKeyAttestation, type PurposeKeyKind } from './purpose-key-attestation.ts';
import { PurposeKeys } from './purpose-keys.ts';
import { testNode } from './testdata/node.ts';
import { S1 } from './testdata/vectors.ts';

const KINDS: readonly PurposeKeyKind[] = ['secure-channel', 'credential-signing'];
const DAY = 86_400;
const YEAR = 365 * DAY;

suite('purpose keys of own identities', () => {
  for (const kind of KINDS) {
    test(`a ${kind} key is made once and then used again`, async () => {
      const { identities, purposeKeys, vault, replaced } = testNode();
      const { identifier, latest } = await identities.create();
      const key = await purposeKeys.current(identifier, kind);
      assert.deepEqual(await purposeKeys.current(identifier, kind), key);
      assert.equal(key.content.publicKey.kind, kind);
      assert.equal(key.content.expiresAt - key.content.createdAt, BigInt(5 * YEAR));
      assert.equal(key.content.subjectLatestChangeHash, latest.hash);
      const { algorithm, publicKey } = await vault.describeKey(key.handle);
      assert.equal(algorithm, kind === 'secure-channel' ? 'x25519' : 'ed25519');
      assert.equal(key.handle, keyHandle(publicKey));
      assert.deepEqual(await identities.verifyAttestation(key.attestation, identifier), key.content);
      assert.deepEqual(replaced, []);
    });
  }

  test('callers at the same time get the same key', async () => {
    const { identities, purposeKeys, vault } = testNode();
    const { identifier } = await identities.create();
    const keys = await Promise.all([1, 2, 3].map(() => purposeKeys.current(identifier, 'secure-channel')));
    assert.equal(new Set(keys.map((key) => key.handle)).size, 1);
    assert.equal((await vault.listKeys()).length, 2);
  });

  test('after a rotation both are replaced and the old secrets are gone', async () => {
    const { identities, purposeKeys, vault, replaced } = testNode();
    const { identifier } = await identities.create();
    for (const kind of KINDS) {
      const before = await purposeKeys.current(identifier, kind);
      await identities.rotate(identifier);
      const after = await purposeKeys.current(identifier, kind);
      assert.notEqual(after.handle, before.handle);
      await assert.rejects(vault.describeKey(before.handle), { code: 'VAULT_UNKNOWN_KEY' });
      await identities.verifyAttestation(after.attestation, identifier);
    }
    assert.deepEqual(
      replaced.map(({ kind, cause }) => [kind, (cause as { check?: string }).check]),
      KINDS.map((kind) => [kind, '8.3/7']),
    );
  });

  test('a key whose secret is lost, or whose attestation is unreadable or of the other kind, is replaced', async () => {
    const { identities, purposeKeys, purposeKeyStore, vault, replaced } = testNode();
    const { identifier } = await identities.create();
    const lost = await purposeKeys.current(identifier, 'secure-channel');
    await vault.deleteKey(lost.handle);
    const second = await purposeKeys.current(identifier, 'secure-channel');
    assert.notEqual(second.handle, lost.handle);
    await purposeKeyStore.put(identifier, 'secure-channel', Uint8Array.of(1, 2, 3));
    const third = await purposeKeys.current(identifier, 'secure-channel');
    const signing = await purposeKeys.current(identifier, 'credential-signing');
    await purposeKeyStore.put(identifier, 'secure-channel', encodePurposeKeyAttestation(signing.attestation));
    const fourth = await purposeKeys.current(identifier, 'secure-channel');
    assert.equal((await purposeKeys.current(identifier, 'credential-signing')).handle, signing.handle);
    assert.equal(new Set([lost, second, third, fourth].map((key) => key.handle)).size, 4);
    assert.deepEqual(
      replaced.map(({ cause }) => (cause as { code: string }).code),
      ['VAULT_UNKNOWN_KEY', 'IDENTITY_DECODE_FAILED', 'IDENTITY_ATTESTATION_FAILED'],
    );
  });

  test('a key near its end is replaced early, but not when nothing is gained', async () => {
    const { identities, purposeKeys, clock, replaced } = testNode();
    const { identifier, latest } = await identities.create();
    const first = await purposeKeys.current(identifier, 'credential-signing');
    await clock.advance((5 * YEAR - 30 * DAY) * 1000);
    assert.equal((await purposeKeys.current(identifier, 'credential-signing')).handle, first.handle);
    await clock.advance(1000);
    const second = await purposeKeys.current(identifier, 'credential-signing');
    assert.notEqual(second.handle, first.handle);
    assert.equal(replaced.length, 1);
    await clock.advance((5 * YEAR - 29 * DAY) * 1000);
    const third = await purposeKeys.current(identifier, 'credential-signing');
    assert.equal(third.content.expiresAt, latest.attestationsValidUntil);
    await clock.advance(20 * DAY * 1000);
    assert.equal((await purposeKeys.current(identifier, 'credential-signing')).handle, third.handle);
    assert.equal(replaced.length, 2);
  });

  test('the validity of an attestation is cut to the one of the identity', async () => {
    const { identities, purposeKeys, clock } = testNode();
    const { identifier, latest } = await identities.create({ ttlSeconds: 1000 });
    const key = await purposeKeys.current(identifier, 'secure-channel');
    assert.equal(key.content.expiresAt, latest.attestationsValidUntil);
    await clock.advance(1000_000);
    assert.equal((await purposeKeys.current(identifier, 'secure-channel')).handle, key.handle);
    await clock.advance(1000);
    await assert.rejects(purposeKeys.current(identifier, 'secure-channel'), { code: 'IDENTITY_EXPIRED' });
    await identities.rotate(identifier);
    assert.notEqual((await purposeKeys.current(identifier, 'secure-channel')).handle, key.handle);
  });

  test('a clock slightly behind the identity is no obstacle, one far behind is', async () => {
    const { identities, clock } = testNode();
    const { identifier, latest } = await identities.create();
    for (const [behindMs, fails] of [
      [60_000, false],
      [61_000, true],
    ] as const) {
      const node = testNode();
      const earlier = { nowMs: () => clock.nowMs() - behindMs };
      const behind = new Identities({ vault: identities.vault, histories: node.histories, clock: earlier });
      await behind.receive((await identities.get(identifier)).history);
      const keys = new PurposeKeys({ identities: behind, store: node.purposeKeyStore });
      const count = (await identities.vault.listKeys()).length;
      if (fails) {
        await assert.rejects(keys.current(identifier, 'secure-channel'), { check: '8.3/10' });
        assert.equal((await identities.vault.listKeys()).length, count);
      } else {
        const key = await keys.current(identifier, 'secure-channel');
        assert.equal(key.content.createdAt, latest.attestationsValidFrom);
      }
    }
  });

  test('a foreign or unknown identity has none, and none is made', async () => {
    const { identities, purposeKeys, vault } = testNode();
    const { identifier } = await identities.examine(changeHistoryFromHex(S1.history));
    await assert.rejects(purposeKeys.current(identifier, 'secure-channel'), { code: 'IDENTITY_UNKNOWN' });
    await identities.receive(changeHistoryFromHex(S1.history));
    await assert.rejects(purposeKeys.current(identifier, 'secure-channel'), { code: 'VAULT_UNKNOWN_KEY' });
    assert.deepEqual(await vault.listKeys(), []);
  });

  test('deletion takes secrets and attestations', async () => {
    const { identities, purposeKeys, purposeKeyStore, vault } = testNode();
    const { identifier } = await identities.create();
    for (const kind of KINDS) await purposeKeys.current(identifier, kind);
    await purposeKeys.delete(identifier);
    assert.equal((await vault.listKeys()).length, 1);
    for (const kind of KINDS) assert.equal(await purposeKeyStore.get(identifier, kind), undefined);
  });
});
