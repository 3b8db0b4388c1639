import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { fromHex } from '../../kernel/index.ts';
import { keyHandle } from '../vault/index.ts';
import { changeHistoryFromHex, encodeChangeHistory } from './change-history.ts';
import { Identities } from './identities.ts';
import { type Identifier, identifierFromBytes } from './identifier.ts';
import { primaryKeyHandle } from './issue-change.ts';
import { MemoryChangeHistoryStore } from './store.ts';
import { firstChange, nextChange, testKey } from './testdata/fixtures.ts';
import { testNode } from './testdata/node.ts';
import { D1, D2, S1, S3, S4 } from './testdata/vectors.ts';
import { decodePurposeKeyAttestation } from './purpose-key-attestation.ts';

const TEN_YEARS = 315_360_000n;

suite('own identities', () => {
  test('a new identity is remembered and its key is kept', async () => {
    const { identities, vault, clock } = testNode();
    const identity = await identities.create();
    assert.deepEqual(await identities.get(identity.identifier), identity);
    assert.equal(identity.latest.primaryPublicKey.algorithm, 'ed25519');
    assert.equal(identity.latest.attestationsValidFrom, BigInt(clock.nowMs() / 1000));
    assert.equal(identity.latest.attestationsValidUntil, identity.latest.attestationsValidFrom + TEN_YEARS);
    assert.deepEqual(
      (await vault.listKeys()).map((key) => key.handle),
      [primaryKeyHandle(identity)],
    );
    assert.equal(encodeChangeHistory(identity.history).length, 128);
  });

  test('algorithm, time to live or an existing key can be chosen', async () => {
    const { identities, vault } = testNode();
    const identity = await identities.create({ algorithm: 'p256', ttlSeconds: 60 });
    assert.equal(identity.latest.primaryPublicKey.algorithm, 'p256');
    assert.equal(identity.latest.attestationsValidUntil - identity.latest.attestationsValidFrom, 60n);
    const key = await vault.generateKey('ed25519', 'kept');
    assert.equal(primaryKeyHandle(await identities.create({ key: key.handle })), key.handle);
    const channelKey = await vault.generateKey('x25519', 'kept');
    await assert.rejects(identities.create({ key: channelKey.handle }), TypeError);
    await assert.rejects(identities.create({ key: '00'.repeat(32) }), { code: 'VAULT_UNKNOWN_KEY' });
    const before = (await vault.listKeys()).length;
    for (const ttlSeconds of [0, -1, 0.5, Number.NaN])
      await assert.rejects(identities.create({ ttlSeconds }), RangeError);
    assert.equal((await vault.listKeys()).length, before);
  });

  test('rotation keeps the Identifier, changes the key and deletes the old one', async () => {
    const { identities, vault, clock } = testNode();
    const before = await identities.create();
    await clock.advance(1000_000);
    const after = await identities.rotate(before.identifier, { algorithm: 'p256' });
    assert.equal(after.identifier, before.identifier);
    assert.equal(after.changes.length, 2);
    assert.equal(after.latest.previousChange, before.latest.hash);
    assert.equal(after.latest.attestationsValidFrom, before.latest.attestationsValidFrom + 1000n);
    assert.equal(after.latest.revokeAllPurposeKeys, true);
    assert.deepEqual(await identities.get(before.identifier), after);
    assert.deepEqual(
      (await vault.listKeys()).map((key) => key.handle),
      [primaryKeyHandle(after)],
    );
    const third = await identities.rotate(before.identifier);
    assert.equal(third.changes.length, 3);
    assert.deepEqual(third.history.slice(0, 2), after.history);
  });

  test('rotation to the same key keeps that key', async () => {
    const { identities, vault } = testNode();
    const { identifier, ...before } = await identities.create();
    const key = keyHandle(before.latest.primaryPublicKey.bytes);
    await identities.rotate(identifier, { key });
    assert.equal((await vault.describeKey(key)).handle, key);
  });

  test('rotation under a clock that went back does not go back itself', async () => {
    const { clock, identities } = testNode();
    const before = await identities.create();
    const earlier = new Identities({
      vault: identities.vault,
      histories: new MemoryChangeHistoryStore(),
      clock: { nowMs: () => clock.nowMs() - 86_400_000 },
    });
    await earlier.receive(before.history);
    const after = await earlier.rotate(before.identifier);
    assert.equal(after.latest.attestationsValidFrom, before.latest.attestationsValidFrom);
  });

  test('only an own identity can be rotated, and a refusal leaves no key behind', async () => {
    const { identities, vault } = testNode();
    const foreign = await identities.receive(changeHistoryFromHex(S1.history));
    await assert.rejects(identities.rotate(foreign.identifier), { code: 'VAULT_UNKNOWN_KEY' });
    await assert.rejects(identities.rotate(identifierFromBytes(new Uint8Array(32))), { code: 'IDENTITY_UNKNOWN' });
    assert.deepEqual(await vault.listKeys(), []);
  });

  test('of two rotations at once one fails and leaves no key behind', async () => {
    const { identities, vault } = testNode();
    const { identifier } = await identities.create();
    const outcomes = await Promise.allSettled([identities.rotate(identifier), identities.rotate(identifier)]);
    const failed = outcomes.filter((outcome) => outcome.status === 'rejected');
    assert.equal(failed.length, 1);
    const current = await identities.get(identifier);
    assert.equal(current.changes.length, 2);
    assert.deepEqual(
      (await vault.listKeys()).map((key) => key.handle),
      [primaryKeyHandle(current)],
    );
  });

  test('a key stays when the store fails, for the history may have been stored', async () => {
    const { vault, clock } = testNode();
    const histories = new MemoryChangeHistoryStore();
    histories.replace = () => Promise.reject(new Error('connection lost'));
    await assert.rejects(new Identities({ vault, histories, clock }).create(), /connection lost/);
    assert.equal((await vault.listKeys()).length, 1);
  });

  test('an exported identity is adopted only with its current key', async () => {
    const { identities, vault } = testNode();
    const right = await vault.importKey('ed25519', fromHex(S3.secret!));
    const wrong = await vault.importKey('ed25519', fromHex(S4.secret!));
    const history = changeHistoryFromHex(S3.history);
    await assert.rejects(identities.adopt(history, wrong.handle), { code: 'IDENTITY_WRONG_SECRET_KEY' });
    assert.equal(await identities.find(S3.identifier as Identifier), undefined);
    assert.equal((await identities.adopt(history, right.handle)).identifier, S3.identifier);
    const former = changeHistoryFromHex(D1.history);
    await assert.rejects(identities.adopt(former, right.handle), { code: 'IDENTITY_WRONG_SECRET_KEY' });
    await identities.rotate(S3.identifier as Identifier);
  });

  test('deletion takes history and key', async () => {
    const { identities, vault } = testNode();
    const { identifier } = await identities.create();
    assert.equal(await identities.delete(identifier), true);
    assert.equal(await identities.delete(identifier), false);
    assert.equal(await identities.find(identifier), undefined);
    assert.deepEqual(await vault.listKeys(), []);
  });
});

suite('received histories', () => {
  const one = testKey('01'.repeat(32));
  const two = testKey('02'.repeat(32));
  const three = testKey('03'.repeat(32));
  const first = firstChange(one);
  const second = nextChange(first, one, two);
  const third = nextChange(second, two, three);
  const fork = nextChange(first, one, three);

  test('unknown ones are stored, equal ones kept, newer ones replace', async () => {
    const { identities } = testNode();
    for (const history of [[first], [first], [first, second, third], [first, second, third]]) {
      const identity = await identities.receive(history);
      assert.deepEqual(await identities.get(identity.identifier), identity);
    }
  });

  test('older and contradicting ones are refused', async () => {
    const { identities } = testNode();
    const { identifier } = await identities.receive([first, second]);
    await assert.rejects(identities.receive([first]), { code: 'IDENTITY_INCONSISTENT', message: /older/ });
    for (const history of [
      [first, fork],
      [first, fork, nextChange(fork, three, two)],
    ]) {
      await assert.rejects(identities.receive(history), { code: 'IDENTITY_INCONSISTENT', message: /contradicts/ });
    }
    assert.equal((await identities.get(identifier)).changes.length, 2);
  });

  test('those of another identity than the expected one are refused and not stored', async () => {
    const { identities } = testNode();
    const expected = S3.identifier as Identifier;
    await assert.rejects(identities.receive([first], expected), { code: 'IDENTITY_VERIFICATION_FAILED' });
    assert.equal((await identities.receive(changeHistoryFromHex(S3.history), expected)).identifier, expected);
  });

  test('examining remembers nothing', async () => {
    const { identities } = testNode();
    const { identifier } = await identities.examine([first]);
    assert.equal(await identities.find(identifier), undefined);
    await identities.receive([first, second]);
    await assert.rejects(identities.examine([first]), { code: 'IDENTITY_INCONSISTENT' });
  });

  test('of a longer and a shorter one that arrive at once the longer one stays', async () => {
    for (const order of [
      [
        [first, second],
        [first, second, third],
      ],
      [
        [first, second, third],
        [first, second],
      ],
    ]) {
      const { identities } = testNode();
      const { identifier } = await identities.receive([first]);
      await Promise.allSettled(order.map((history) => identities.receive(history)));
      assert.equal((await identities.get(identifier)).changes.length, 3);
    }
  });

  test('a store that never holds still is given up', async () => {
    const { vault, clock } = testNode();
    const histories = new MemoryChangeHistoryStore();
    let attempts = 0;
    histories.replace = () => {
      attempts++;
      return Promise.resolve(false);
    };
    const identities = new Identities({ vault, histories, clock });
    await assert.rejects(identities.receive([first]), { code: 'IDENTITY_STORE_CONTENTION' });
    assert.equal(attempts, 8);
  });

  test('what the store holds is verified when it is loaded', async () => {
    const { identities, histories } = testNode();
    const { identifier } = await identities.receive([first]);
    assert.equal(await identities.get(identifier), await identities.get(identifier), 'once');
    const stored = await histories.get(identifier);
    const changed = new Uint8Array(stored!);
    changed[changed.length - 1] = changed.at(-1)! ^ 1;
    await histories.replace(identifier, stored, changed);
    await assert.rejects(identities.get(identifier), { code: 'IDENTITY_VERIFICATION_FAILED', check: '8.1/11' });
    await histories.replace(identifier, changed, encodeChangeHistory(changeHistoryFromHex(S1.history)));
    await assert.rejects(identities.get(identifier), { check: '8.1/13' });
  });

  test('attestations are verified against the known history at the present time', async () => {
    const { identities, clock } = testNode();
    const attestation = decodePurposeKeyAttestation(fromHex(D2.attestation));
    await assert.rejects(identities.verifyAttestation(attestation), { code: 'IDENTITY_UNKNOWN' });
    await identities.receive(changeHistoryFromHex(S3.history));
    assert.equal((await identities.verifyAttestation(attestation)).subject, S3.identifier);
    await assert.rejects(identities.verifyAttestation(attestation, S4.identifier as Identifier), { check: '8.3/5' });
    await clock.advance(157_680_000_000);
    await identities.verifyAttestation(attestation);
    await clock.advance(1000);
    await assert.rejects(identities.verifyAttestation(attestation), { check: '8.3/11' });
    await identities.receive(changeHistoryFromHex(D1.history));
    await assert.rejects(identities.verifyAttestation(attestation), { check: '8.3/7' });
  });
});
