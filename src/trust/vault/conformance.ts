/** The suites that every Vault and every SecretStore passes. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { utf8 } from '../../kernel/index.ts';
import { type KeyAlgorithm, PUBLIC_KEY_LENGTH, type SigningAlgorithm, verify } from '../crypto/index.ts';
import { keyHandle, type Vault } from './contract.ts';
import type { SecretRecord, SecretStore } from './secret-store.ts';

const UNKNOWN = '00'.repeat(32);

/** What a vault under test can do; a keeper that lacks an algorithm gives the reason. */
export interface VaultAbilities {
  readonly lacks?: Readonly<Partial<Record<KeyAlgorithm, string>>>;
}

/** Registers the suite of a Vault. `open` makes an empty one. */
export function vaultConformance(name: string, open: () => Promise<Vault>, abilities: VaultAbilities = {}): void {
  const skip = (algorithm: KeyAlgorithm): { skip: string | false } => ({ skip: abilities.lacks?.[algorithm] ?? false });

  suite(`vault: ${name}`, () => {
    for (const algorithm of ['ed25519', 'p256', 'x25519'] satisfies KeyAlgorithm[]) {
      test(`${algorithm}: a key is named by its public key, described and deleted`, skip(algorithm), async () => {
        const vault = await open();
        for (const lifetime of ['kept', 'ephemeral'] as const) {
          const key = await vault.generateKey(algorithm, lifetime);
          assert.equal(key.algorithm, algorithm);
          assert.equal(key.publicKey.length, PUBLIC_KEY_LENGTH[algorithm]);
          assert.equal(key.handle, keyHandle(key.publicKey));
          assert.deepEqual(await vault.describeKey(key.handle), key);
          assert.deepEqual(await vault.listKeys(), lifetime === 'kept' ? [key] : []);
          assert.equal(await vault.deleteKey(key.handle), true);
          assert.equal(await vault.deleteKey(key.handle), false);
          await assert.rejects(vault.describeKey(key.handle), { code: 'VAULT_UNKNOWN_KEY' });
          assert.deepEqual(await vault.listKeys(), []);
        }
      });

      test(`${algorithm}: two keys differ and are listed in order`, skip(algorithm), async () => {
        const vault = await open();
        const keys = [await vault.generateKey(algorithm, 'kept'), await vault.generateKey(algorithm, 'kept')];
        assert.notEqual(keys[0]!.handle, keys[1]!.handle);
        keys.sort((a, b) => (a.handle < b.handle ? -1 : 1));
        assert.deepEqual(await vault.listKeys(), keys);
      });
    }

    for (const algorithm of ['ed25519', 'p256'] satisfies SigningAlgorithm[]) {
      test(`${algorithm}: signatures verify, and only over their message`, skip(algorithm), async () => {
        const vault = await open();
        const key = await vault.generateKey(algorithm, 'kept');
        const signature = await vault.sign(key.handle, utf8('message'));
        assert.equal(signature.length, 64);
        assert.ok(verify(algorithm, key.publicKey, utf8('message'), signature));
        assert.ok(!verify(algorithm, key.publicKey, utf8('massage'), signature));
        await assert.rejects(vault.agree(key.handle, new Uint8Array(32).fill(9)), { code: 'VAULT_WRONG_KEY_TYPE' });
        await vault.deleteKey(key.handle);
        await assert.rejects(vault.sign(key.handle, utf8('message')), { code: 'VAULT_UNKNOWN_KEY' });
      });
    }

    test('x25519: both sides agree on one secret', skip('x25519'), async () => {
      const vault = await open();
      const a = await vault.generateKey('x25519', 'kept');
      const b = await vault.generateKey('x25519', 'ephemeral');
      const shared = await vault.agree(a.handle, b.publicKey);
      assert.equal(shared.length, 32);
      assert.deepEqual(await vault.agree(b.handle, a.publicKey), shared);
      await assert.rejects(vault.sign(a.handle, utf8('message')), { code: 'VAULT_WRONG_KEY_TYPE' });
      await vault.deleteKey(b.handle);
      await assert.rejects(vault.agree(b.handle, a.publicKey), { code: 'VAULT_UNKNOWN_KEY' });
    });

    test('x25519: unusable public keys are refused', skip('x25519'), async () => {
      const vault = await open();
      const { handle } = await vault.generateKey('x25519', 'ephemeral');
      for (const peer of [new Uint8Array(32), new Uint8Array(31), new Uint8Array(33), new Uint8Array(0)])
        await assert.rejects(vault.agree(handle, peer), { code: 'VAULT_KEY_AGREEMENT_FAILED' });
    });

    test('unknown and malformed handles', async () => {
      const vault = await open();
      for (const handle of [UNKNOWN, '', 'not a handle', UNKNOWN.toUpperCase(), '__proto__']) {
        await assert.rejects(vault.describeKey(handle), { code: 'VAULT_UNKNOWN_KEY' });
        await assert.rejects(vault.sign(handle, utf8('message')), { code: 'VAULT_UNKNOWN_KEY' });
        await assert.rejects(vault.agree(handle, new Uint8Array(32).fill(9)), { code: 'VAULT_UNKNOWN_KEY' });
        assert.equal(await vault.deleteKey(handle), false);
      }
    });
  });
}

/** Registers the suite of a SecretStore. `open` makes an empty one. */
export function secretStoreConformance(name: string, open: () => Promise<SecretStore>): void {
  suite(`secret store: ${name}`, () => {
    test('a record comes back as it was put, as a copy', async () => {
      const store = await open();
      for (const protection of ['plain', 'wrapped'] as const) {
        await store.put(record(1, protection));
        const first = await store.get(record(1).handle);
        assert.deepEqual(first, record(1, protection));
        first.secret.fill(0);
        assert.deepEqual(await store.get(record(1).handle), record(1, protection));
      }
    });

    test('the list shows public sides only, in order of handles', async () => {
      const store = await open();
      assert.deepEqual(await store.list(), []);
      const records = [record(3), record(1), record(2)];
      for (const one of records) await store.put(one);
      const expected = [1, 2, 3]
        .map((number) => record(number))
        .map(({ handle, algorithm, publicKey }) => ({ handle, algorithm, publicKey }))
        .sort((a, b) => (a.handle < b.handle ? -1 : 1));
      assert.deepEqual(await store.list(), expected);
    });

    test('putting a handle again replaces the record', async () => {
      const store = await open();
      await store.put(record(1, 'plain'));
      await store.put(record(1, 'wrapped'));
      assert.equal((await store.list()).length, 1);
      assert.equal((await store.get(record(1).handle))?.protection, 'wrapped');
    });

    test('a deleted record is gone', async () => {
      const store = await open();
      await store.put(record(1));
      assert.equal(await store.delete(record(2).handle), false);
      assert.equal(await store.delete(record(1).handle), true);
      assert.equal(await store.delete(record(1).handle), false);
      assert.equal(await store.get(record(1).handle), undefined);
      assert.deepEqual(await store.list(), []);
    });
  });
}

function record(number: number, protection: SecretRecord['protection'] = 'plain'): SecretRecord {
  const algorithm = (['ed25519', 'p256', 'x25519'] as const)[number % 3]!;
  const publicKey = new Uint8Array(PUBLIC_KEY_LENGTH[algorithm]).fill(number);
  const secret = new Uint8Array(protection === 'plain' ? 32 : 60).fill(0x80 + number);
  return { handle: keyHandle(publicKey), algorithm, publicKey, protection, secret };
}
