/** The suites that every ChangeHistoryStore and every PurposeKeyStore passes. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { identifierFromBytes } from './identifier.ts';
import type { ChangeHistoryStore, PurposeKeyStore } from './store.ts';

const ALICE = identifierFromBytes(new Uint8Array(32).fill(0xa1));
const BOB = identifierFromBytes(new Uint8Array(32).fill(0xb0));
const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);

/** Registers the suite of a ChangeHistoryStore. `open` makes an empty one. */
export function changeHistoryStoreConformance(name: string, open: () => Promise<ChangeHistoryStore>): void {
  suite(`change history store: ${name}`, () => {
    test('what is not stored is not known', async () => {
      const store = await open();
      assert.equal(await store.get(ALICE), undefined);
      assert.equal(await store.delete(ALICE), false);
    });

    test('a history is added once, then replaced only from what it is', async () => {
      const store = await open();
      assert.equal(await store.replace(ALICE, bytes(1), bytes(2)), false);
      assert.equal(await store.get(ALICE), undefined);
      assert.equal(await store.replace(ALICE, undefined, bytes(1)), true);
      assert.equal(await store.replace(ALICE, undefined, bytes(2)), false);
      assert.equal(await store.replace(ALICE, bytes(1, 0), bytes(2)), false);
      assert.equal(await store.replace(ALICE, bytes(), bytes(2)), false);
      assert.deepEqual(await store.get(ALICE), bytes(1));
      assert.equal(await store.replace(ALICE, bytes(1), bytes(2, 3)), true);
      assert.deepEqual(await store.get(ALICE), bytes(2, 3));
      assert.equal(await store.get(BOB), undefined);
    });

    test('of many that replace at once exactly one succeeds', async () => {
      const store = await open();
      await store.replace(ALICE, undefined, bytes(0));
      const outcomes = await Promise.all(
        Array.from({ length: 10 }, (_, index) => store.replace(ALICE, bytes(0), bytes(index + 1))),
      );
      assert.equal(outcomes.filter(Boolean).length, 1);
      assert.deepEqual(await store.get(ALICE), bytes(outcomes.indexOf(true) + 1));
    });

    test('bytes are neither shared with who stores nor with who reads', async () => {
      const store = await open();
      const history = new Uint8Array(60_000).fill(5);
      await store.replace(ALICE, undefined, history);
      history.fill(0);
      const read = await store.get(ALICE);
      assert.deepEqual(read, new Uint8Array(60_000).fill(5));
      read.fill(0);
      assert.deepEqual(await store.get(ALICE), new Uint8Array(60_000).fill(5));
    });

    test('a deleted history is gone and can come back', async () => {
      const store = await open();
      await store.replace(ALICE, undefined, bytes(1));
      await store.replace(BOB, undefined, bytes(2));
      assert.equal(await store.delete(ALICE), true);
      assert.equal(await store.delete(ALICE), false);
      assert.equal(await store.get(ALICE), undefined);
      assert.deepEqual(await store.get(BOB), bytes(2));
      assert.equal(await store.replace(ALICE, undefined, bytes(3)), true);
    });
  });
}

/** Registers the suite of a PurposeKeyStore. `open` makes an empty one. */
export function purposeKeyStoreConformance(name: string, open: () => Promise<PurposeKeyStore>): void {
  suite(`purpose key store: ${name}`, () => {
    test('one attestation a kind and identity', async () => {
      const store = await open();
      assert.equal(await store.get(ALICE, 'secure-channel'), undefined);
      await store.put(ALICE, 'secure-channel', bytes(1));
      await store.put(ALICE, 'credential-signing', bytes(2));
      await store.put(BOB, 'secure-channel', bytes(3));
      await store.put(ALICE, 'secure-channel', bytes(4));
      assert.deepEqual(await store.get(ALICE, 'secure-channel'), bytes(4));
      assert.deepEqual(await store.get(ALICE, 'credential-signing'), bytes(2));
      assert.deepEqual(await store.get(BOB, 'secure-channel'), bytes(3));
      assert.equal(await store.get(BOB, 'credential-signing'), undefined);
    });

    test('bytes are neither shared with who stores nor with who reads', async () => {
      const store = await open();
      const attestation = bytes(1, 2, 3);
      await store.put(ALICE, 'secure-channel', attestation);
      attestation.fill(0);
      const read = await store.get(ALICE, 'secure-channel');
      assert.deepEqual(read, bytes(1, 2, 3));
      read.fill(0);
      assert.deepEqual(await store.get(ALICE, 'secure-channel'), bytes(1, 2, 3));
    });

    test('a deleted attestation is gone, the other kind stays', async () => {
      const store = await open();
      await store.put(ALICE, 'secure-channel', bytes(1));
      await store.put(ALICE, 'credential-signing', bytes(2));
      assert.equal(await store.delete(ALICE, 'secure-channel'), true);
      assert.equal(await store.delete(ALICE, 'secure-channel'), false);
      assert.equal(await store.get(ALICE, 'secure-channel'), undefined);
      assert.deepEqual(await store.get(ALICE, 'credential-signing'), bytes(2));
    });
  });
}
