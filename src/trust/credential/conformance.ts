/** The suite that every AttributeStore passes. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { identifierFromBytes } from '../identity/index.ts';
import type { AttributesEntry, AttributeStore } from './attribute-store.ts';
import { attributesOf, MAX_ATTRIBUTES } from './attributes.ts';

const ALICE = identifierFromBytes(new Uint8Array(32).fill(0xa1));
const BOB = identifierFromBytes(new Uint8Array(32).fill(0xb0));
const ISSUER = identifierFromBytes(new Uint8Array(32).fill(0x15));
const OTHER_ISSUER = identifierFromBytes(new Uint8Array(32).fill(0x16));
const NOW = 1_700_000_000;

function entry(changes: Partial<AttributesEntry> = {}): AttributesEntry {
  return {
    subject: ALICE,
    issuer: ISSUER,
    attributes: attributesOf({ role: 'member' }),
    addedAtSeconds: NOW,
    expiresAtSeconds: NOW + 100,
    ...changes,
  };
}

/** Registers the suite of an AttributeStore. `open` makes an empty one. */
export function attributeStoreConformance(name: string, open: () => Promise<AttributeStore>): void {
  suite(`attribute store: ${name}`, () => {
    test('an entry comes back as it was put, for its subject and issuer only', async () => {
      const store = await open();
      assert.equal(await store.get(ALICE, ISSUER, NOW), undefined);
      await store.put(entry());
      await store.put(entry({ issuer: OTHER_ISSUER, attributes: attributesOf({ role: 'guest' }) }));
      assert.deepEqual(await store.get(ALICE, ISSUER, NOW), entry());
      assert.equal(await store.get(BOB, ISSUER, NOW), undefined);
      assert.equal(await store.get(ISSUER, ALICE, NOW), undefined);
    });

    test('names and values are any bytes, the schema and the times any number', async () => {
      const store = await open();
      const binary = entry({
        attributes: {
          schema: 2n ** 64n - 1n,
          entries: [
            { name: new Uint8Array(0), value: Uint8Array.of(0) },
            { name: Uint8Array.of(0), value: new Uint8Array(0) },
            { name: Uint8Array.of(0xff, 0xfe), value: new Uint8Array(10_000).fill(0xff) },
          ],
        },
        addedAtSeconds: 0,
        expiresAtSeconds: Number.MAX_SAFE_INTEGER,
      });
      await store.put(binary);
      assert.deepEqual(await store.get(ALICE, ISSUER, NOW), binary);
      const many = entry({
        attributes: attributesOf(
          Object.fromEntries(Array.from({ length: MAX_ATTRIBUTES }, (_, index) => [`name ${index}`, `${index}`])),
        ),
      });
      await store.put(many);
      assert.deepEqual(await store.get(ALICE, ISSUER, NOW), many);
    });

    test('a new entry replaces the whole old one', async () => {
      const store = await open();
      await store.put(entry({ attributes: attributesOf({ role: 'enroller', relay: '*' }) }));
      await store.put(entry({ attributes: attributesOf({}), expiresAtSeconds: undefined }));
      assert.deepEqual(
        await store.get(ALICE, ISSUER, NOW),
        entry({ attributes: attributesOf({}), expiresAtSeconds: undefined }),
      );
    });

    test('an entry counts up to and including its last second', async () => {
      const store = await open();
      await store.put(entry());
      assert.notEqual(await store.get(ALICE, ISSUER, NOW + 100), undefined);
      assert.equal(await store.get(ALICE, ISSUER, NOW + 101), undefined);
    });

    test('an entry without an expiry always counts', async () => {
      const store = await open();
      await store.put(entry({ expiresAtSeconds: undefined }));
      assert.equal(await store.deleteExpired(Number.MAX_SAFE_INTEGER), 0);
      assert.notEqual(await store.get(ALICE, ISSUER, Number.MAX_SAFE_INTEGER), undefined);
    });

    test('expired entries are deleted, and only those', async () => {
      const store = await open();
      await store.put(entry());
      await store.put(entry({ subject: BOB, expiresAtSeconds: NOW + 99 }));
      await store.put(entry({ issuer: OTHER_ISSUER, expiresAtSeconds: NOW + 98 }));
      assert.equal(await store.deleteExpired(NOW + 100), 2);
      assert.equal(await store.deleteExpired(NOW + 100), 0);
      assert.equal(await store.get(BOB, ISSUER, 0), undefined);
      assert.deepEqual(await store.get(ALICE, ISSUER, NOW), entry());
    });

    test('a deleted entry is gone', async () => {
      const store = await open();
      await store.put(entry());
      assert.equal(await store.delete(ALICE, OTHER_ISSUER), false);
      assert.equal(await store.delete(ALICE, ISSUER), true);
      assert.equal(await store.delete(ALICE, ISSUER), false);
      assert.equal(await store.get(ALICE, ISSUER, NOW), undefined);
    });

    test('bytes are neither shared with who stores nor with who reads', async () => {
      const store = await open();
      const put = entry();
      await store.put(put);
      put.attributes.entries[0]?.value.fill(0);
      const read = await store.get(ALICE, ISSUER, NOW);
      assert.deepEqual(read, entry());
      read.attributes.entries[0]?.value.fill(0);
      assert.deepEqual(await store.get(ALICE, ISSUER, NOW), entry());
    });
  });
}
