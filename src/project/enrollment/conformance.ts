/** The suite that every CredentialStore passes. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { identifierFromBytes } from '../../trust/identity/index.ts';
import type { CredentialStore, StoredCredential } from './credential-store.ts';

const ALICE = identifierFromBytes(new Uint8Array(32).fill(0xa1));
const ISSUER = identifierFromBytes(new Uint8Array(32).fill(0x15));

function stored(changes: Partial<StoredCredential> = {}): StoredCredential {
  return {
    subject: ALICE,
    issuer: ISSUER,
    scope: 'project-member-p1',
    credential: Uint8Array.of(1, 2, 3),
    expiresAtSeconds: 1_700_000_000,
    ...changes,
  };
}

/** Registers the suite of a CredentialStore. `open` makes an empty one. */
export function credentialStoreConformance(name: string, open: () => Promise<CredentialStore>): void {
  suite(`credential store: ${name}`, () => {
    test('a credential comes back as it was put, for its key only', async () => {
      const store = await open();
      assert.equal(await store.get(stored()), undefined);
      await store.put(stored());
      assert.deepEqual(await store.get(stored()), stored());
      assert.equal(await store.get(stored({ scope: 'project-member-p2' })), undefined);
      assert.equal(await store.get(stored({ subject: ISSUER, issuer: ALICE })), undefined);
    });

    test('a new one replaces the old one', async () => {
      const store = await open();
      await store.put(stored());
      const renewed = stored({ credential: new Uint8Array(60_000).fill(9), expiresAtSeconds: Number.MAX_SAFE_INTEGER });
      await store.put(renewed);
      assert.deepEqual(await store.list(), [renewed]);
    });

    test('all are listed in order of subject, issuer and scope', async () => {
      const store = await open();
      const all = [
        stored({ subject: ISSUER, scope: 'a' }),
        stored({ issuer: ALICE, scope: 'z' }),
        stored({ scope: 'b' }),
        stored({ scope: 'a b' }),
      ];
      for (const one of all) await store.put(one);
      const inOrder = [0, 3, 2, 1].map((index) => all[index]);
      assert.deepEqual(await store.list(), inOrder);
    });

    test('a deleted one is gone', async () => {
      const store = await open();
      await store.put(stored());
      await store.put(stored({ scope: 'other' }));
      assert.equal(await store.delete(stored()), true);
      assert.equal(await store.delete(stored()), false);
      assert.deepEqual(await store.list(), [stored({ scope: 'other' })]);
    });

    test('bytes are neither shared with who stores nor with who reads', async () => {
      const store = await open();
      const put = stored();
      await store.put(put);
      put.credential.fill(0);
      const read = await store.get(stored());
      assert.deepEqual(read, stored());
      read.credential.fill(0);
      assert.deepEqual(await store.get(stored()), stored());
    });
  });
}
