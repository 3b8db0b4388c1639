import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { fromHex, type RandomSource, toHex, utf8 } from '../../kernel/index.ts';
import { verify } from '../crypto/index.ts';
import { secretStoreConformance, vaultConformance } from './conformance.ts';
import type { Vault } from './contract.ts';
import { MemorySecretStore, type SecretRecord } from './secret-store.ts';
import { SoftwareVault } from './software-vault.ts';

const random: RandomSource = (length) => new Uint8Array(randomBytes(length));
const wrappingKey = new Uint8Array(32).fill(0x77);
const SECRET = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f';
const PUBLIC = '8f40c5adb68f25624ae5b214ea767a6ec94d829d3d7b5e1ad1ba6f3e2138285f';

vaultConformance('software, plain', () =>
  Promise.resolve(new SoftwareVault({ store: new MemorySecretStore(), random })),
);
vaultConformance('software, wrapped', () =>
  Promise.resolve(new SoftwareVault({ store: new MemorySecretStore(), random, wrappingKey })),
);
vaultConformance('software, every use from the store', () => {
  const store = new MemorySecretStore();
  const first = new SoftwareVault({ store, random, wrappingKey });
  const fresh = (): Vault => new SoftwareVault({ store, random, wrappingKey });
  const ephemeral = new Set<string>();
  const keeper = (handle: string): Vault => (ephemeral.has(handle) ? first : fresh());
  return Promise.resolve({
    generateKey: async (algorithm, lifetime) => {
      const key = await first.generateKey(algorithm, lifetime);
      if (lifetime === 'ephemeral') ephemeral.add(key.handle);
      return key;
    },
    describeKey: (handle) => keeper(handle).describeKey(handle),
    listKeys: () => fresh().listKeys(),
    sign: (handle, message) => keeper(handle).sign(handle, message),
    agree: (handle, peer) => keeper(handle).agree(handle, peer),
    deleteKey: (handle) => keeper(handle).deleteKey(handle),
  });
});
secretStoreConformance('memory', () => Promise.resolve(new MemorySecretStore()));

test('an imported secret has the known public key, stays the caller’s and may be imported again', async () => {
  const vault = new SoftwareVault({ store: new MemorySecretStore(), random });
  const secret = fromHex(SECRET);
  const key = await vault.importKey('x25519', secret);
  assert.equal(toHex(key.publicKey), PUBLIC);
  assert.equal(toHex(secret), SECRET);
  assert.deepEqual(await vault.importKey('x25519', secret), key);
  assert.deepEqual(await vault.listKeys(), [key]);
});

test('a secret that is no key is refused and not stored', async () => {
  const vault = new SoftwareVault({ store: new MemorySecretStore(), random });
  await assert.rejects(vault.importKey('ed25519', new Uint8Array(31)), { code: 'CRYPTO_INVALID_LENGTH' });
  await assert.rejects(vault.importKey('p256', new Uint8Array(32)), { code: 'CRYPTO_INVALID_KEY' });
  assert.deepEqual(await vault.listKeys(), []);
});

test('generated secrets come from the source that was passed in', async () => {
  const vault = new SoftwareVault({ store: new MemorySecretStore(), random: () => fromHex(SECRET) });
  assert.equal(toHex((await vault.generateKey('x25519', 'ephemeral')).publicKey), PUBLIC);
});

test('ephemeral keys never reach the store', async () => {
  const store = new MemorySecretStore();
  const vault = new SoftwareVault({ store, random });
  const { handle } = await vault.generateKey('ed25519', 'ephemeral');
  assert.equal(await store.get(handle), undefined);
  await assert.rejects(new SoftwareVault({ store, random }).sign(handle, utf8('m')), { code: 'VAULT_UNKNOWN_KEY' });
});

test('with a wrapping key the store sees no secret, and without it the vault has no key', async () => {
  const store = new MemorySecretStore();
  const { handle, publicKey } = await new SoftwareVault({ store, random, wrappingKey }).importKey(
    'ed25519',
    fromHex(SECRET),
  );
  const record = await store.get(handle);
  assert.equal(record?.protection, 'wrapped');
  assert.equal(record?.secret.length, 60);
  assert.ok(!toHex(record.secret).includes(SECRET.slice(0, 16)));

  const again = await new SoftwareVault({ store, random, wrappingKey }).sign(handle, utf8('m'));
  assert.ok(verify('ed25519', publicKey, utf8('m'), again));
  await assert.rejects(new SoftwareVault({ store, random }).sign(handle, utf8('m')), {
    code: 'VAULT_WRAPPING_KEY_MISSING',
  });
  const other = new Uint8Array(32).fill(0x78);
  await assert.rejects(new SoftwareVault({ store, random, wrappingKey: other }).sign(handle, utf8('m')), {
    code: 'VAULT_RECORD_CORRUPT',
  });
});

test('a plain record stays readable when a wrapping key is introduced', async () => {
  const store = new MemorySecretStore();
  const { handle, publicKey } = await new SoftwareVault({ store, random }).generateKey('p256', 'kept');
  const signature = await new SoftwareVault({ store, random, wrappingKey }).sign(handle, utf8('m'));
  assert.ok(verify('p256', publicKey, utf8('m'), signature));
});

test('every flipped byte and truncation of a wrapped secret, and every exchanged record, is refused', async () => {
  const store = new MemorySecretStore();
  const vault = new SoftwareVault({ store, random, wrappingKey });
  const { handle } = await vault.importKey('ed25519', fromHex(SECRET));
  const other = await vault.generateKey('ed25519', 'kept');
  const record = (await store.get(handle))!;
  const forgeries: SecretRecord[] = [
    ...Array.from(record.secret, (byte, index) => ({ ...record, secret: record.secret.with(index, byte ^ 1) })),
    ...Array.from(record.secret, (_, length) => ({ ...record, secret: record.secret.slice(0, length) })),
    { ...record, algorithm: 'x25519' },
    { ...record, protection: 'plain' },
    { ...record, protection: 'plain', secret: new Uint8Array(32).fill(1) },
    { ...record, secret: (await store.get(other.handle))!.secret },
    { ...(await store.get(other.handle))!, handle },
  ];
  for (const forgery of forgeries) {
    await store.put({ ...forgery, secret: forgery.secret.slice() });
    await assert.rejects(new SoftwareVault({ store, random, wrappingKey }).describeKey(handle), {
      code: 'VAULT_RECORD_CORRUPT',
    });
  }
});

test('deleting wipes the stored secret', async () => {
  let kept: SecretRecord | undefined;
  class Watched extends MemorySecretStore {
    override put(record: SecretRecord): Promise<void> {
      kept = record;
      return super.put(record);
    }
  }
  const vault = new SoftwareVault({ store: new Watched(), random });
  const { handle } = await vault.importKey('x25519', fromHex(SECRET));
  assert.equal(toHex(kept!.secret), SECRET);
  await vault.deleteKey(handle);
  assert.deepEqual(kept!.secret, new Uint8Array(32));
});

test('the number of ephemeral keys is bounded', async () => {
  let drawn = 0;
  const counting: RandomSource = (length) => {
    const bytes = new Uint8Array(length);
    new DataView(bytes.buffer).setUint32(0, (drawn += 1));
    return bytes;
  };
  const vault = new SoftwareVault({ store: new MemorySecretStore(), random: counting, maxEphemeralKeys: 3 });
  for (let i = 0; i < 2; i++) await vault.generateKey('x25519', 'ephemeral');
  const last = await vault.generateKey('x25519', 'ephemeral');
  await assert.rejects(vault.generateKey('x25519', 'ephemeral'), { code: 'VAULT_FULL' });
  await vault.generateKey('x25519', 'kept');
  await vault.deleteKey(last.handle);
  await vault.generateKey('x25519', 'ephemeral');
});

/** A vault that makes keys ahead, with its idle turns in hand. */
function aheadVault(source: RandomSource = random): { vault: SoftwareVault; idle: () => number; drawn: () => number } {
  const waiting: (() => void)[] = [];
  let draws = 0;
  const vault = new SoftwareVault({
    store: new MemorySecretStore(),
    random: (length) => {
      draws++;
      return source(length);
    },
    whenIdle: (action) => waiting.push(action),
  });
  const idle = (): number => waiting.splice(0).map((action) => action()).length;
  return { vault, idle, drawn: () => draws };
}

vaultConformance('software, keys made ahead', () => {
  const vault = new SoftwareVault({ store: new MemorySecretStore(), random, whenIdle: (action) => action() });
  return Promise.resolve(vault);
});

test('one X25519 key is made ahead in an idle turn, handed out once, and another takes its place', async () => {
  const { vault, idle, drawn } = aheadVault();
  const first = await vault.generateKey('x25519', 'ephemeral');
  assert.equal(drawn(), 1);
  assert.equal(idle(), 1);
  assert.equal(drawn(), 2, 'made ahead');
  const second = await vault.generateKey('x25519', 'ephemeral');
  assert.equal(drawn(), 2, 'it was ready');
  const third = await vault.generateKey('x25519', 'ephemeral');
  assert.equal(drawn(), 3, 'none was');
  assert.equal(idle(), 2);
  assert.equal(drawn(), 4, 'one is ready at a time');
  assert.equal(new Set([first, second, third].map((key) => key.handle)).size, 3);
  assert.deepEqual(
    await vault.agree(second.handle, third.publicKey),
    await vault.agree(third.handle, second.publicKey),
  );
});

test('other keys, and kept ones, are never those that were made ahead', async () => {
  const { vault, idle, drawn } = aheadVault();
  await vault.generateKey('x25519', 'ephemeral');
  idle();
  await vault.generateKey('x25519', 'kept');
  await vault.generateKey('ed25519', 'ephemeral');
  assert.equal(drawn(), 4);
  assert.equal(idle(), 0);
});

test('a key that waits is not in the vault: not in use, not counted, not listed', async () => {
  let next = 0;
  const { vault, idle } = aheadVault((length) => new Uint8Array(length).fill(++next));
  const known = new SoftwareVault({
    store: new MemorySecretStore(),
    random: (length) => new Uint8Array(length).fill(2),
  });
  const { handle } = await known.generateKey('x25519', 'ephemeral');
  await vault.generateKey('x25519', 'ephemeral');
  idle();
  await assert.rejects(vault.describeKey(handle), { code: 'VAULT_UNKNOWN_KEY' });
  await assert.rejects(vault.agree(handle, new Uint8Array(32).fill(9)), { code: 'VAULT_UNKNOWN_KEY' });
  assert.equal(await vault.deleteKey(handle), false);
  assert.equal((await vault.generateKey('x25519', 'ephemeral')).handle, handle);
  assert.equal(await vault.deleteKey(handle), true);
  await assert.rejects(vault.agree(handle, new Uint8Array(32).fill(9)), { code: 'VAULT_UNKNOWN_KEY' });
});

test('a random source that fails in an idle turn is reported to whoever asks for the next key', async () => {
  let works = true;
  const { vault, idle } = aheadVault((length) => new Uint8Array(works ? length : 3).fill(1));
  await vault.generateKey('x25519', 'ephemeral');
  works = false;
  assert.equal(idle(), 1);
  await assert.rejects(vault.generateKey('x25519', 'ephemeral'), { code: 'CRYPTO_INVALID_LENGTH' });
});
