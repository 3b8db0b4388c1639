import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { SoftwareVault } from '../../trust/vault/index.ts';
import { type Database, openHome } from '../database/index.ts';
import {
  changeSecretKey,
  clearLog,
  isProtected,
  sealSecrets,
  type SecretKeySource,
  SqliteSecretStore,
  unsealSecrets,
} from './index.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'perigee-secrets-'));
after(() => rmSync(folder, { recursive: true }));
const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length));

const passphrase = (text: string): SecretKeySource => ({ kind: 'passphrase', passphrase: text });
function keyFile(name: string, length = 32): SecretKeySource {
  const file = path.join(folder, name);
  writeFileSync(file, random(length), { mode: 0o600 });
  return { kind: 'key-file', path: file };
}
function storeOf(database: Database, key?: SecretKeySource, vault = 'default'): SqliteSecretStore {
  return new SqliteSecretStore({ database, vault, random, key: key && (() => key) });
}
const vaultOf = (store: SqliteSecretStore): SoftwareVault => new SoftwareVault({ store, random });
/** Whether `bytes` are in any file of `home`. */
const isOnDisk = (home: string, bytes: Uint8Array): boolean =>
  globSync(`${home}/*`).some((file) => readFileSync(file).includes(bytes));

test('the first key seals all secrets of the database, and nothing of them stays in its files', async () => {
  const home = path.join(folder, 'sealed');
  using database = openHome(home);
  const secret = random(32);
  const other = random(32);
  const handle = (await vaultOf(storeOf(database)).importKey('ed25519', secret)).handle;
  await vaultOf(storeOf(database, undefined, 'second')).importKey('x25519', other);
  assert.ok(isOnDisk(home, secret));
  assert.equal(isProtected(database), false);

  const key = keyFile('first');
  const signature = await vaultOf(storeOf(database, key)).sign(handle, Uint8Array.of(1));
  assert.equal(signature.length, 64);
  assert.equal(isProtected(database), true);
  assert.ok(!isOnDisk(home, secret) && !isOnDisk(home, other));
  const added = random(32);
  await vaultOf(storeOf(database, key)).importKey('p256', added.fill(1, 0, 1));
  assert.ok(!isOnDisk(home, added));
  assert.deepEqual(await vaultOf(storeOf(database, key)).sign(handle, Uint8Array.of(1)), signature);
});

test('what others read by keeps the log, and that is told until it is empty', async () => {
  const home = path.join(folder, 'log');
  using database = openHome(home, { busyTimeoutMs: 1 });
  using reader = openHome(home);
  const secret = random(32);
  await vaultOf(storeOf(database)).importKey('ed25519', secret);
  reader.execute('BEGIN');
  assert.equal(reader.all('SELECT handle FROM secret').length, 1);
  sealSecrets(database, keyFile('log-key'), random).fill(0);
  assert.ok(isOnDisk(home, secret));
  assert.equal(clearLog(database), false);
  reader.execute('COMMIT');
  assert.equal(clearLog(database), true);
  assert.ok(!isOnDisk(home, secret));
});

test('without the key, with another one or with one of another kind nothing is told', async () => {
  using database = openHome(path.join(folder, 'locked'));
  const key = keyFile('right');
  const { handle } = await vaultOf(storeOf(database, key)).generateKey('ed25519', 'kept');
  const attempts: [SecretKeySource | undefined, string][] = [
    [undefined, 'STORAGE_KEY_MISSING'],
    [keyFile('wrong'), 'STORAGE_WRONG_KEY'],
    [passphrase('right'), 'STORAGE_WRONG_KEY'],
    [keyFile('short', 31), 'STORAGE_INVALID_KEY'],
    [keyFile('long', 65_537), 'STORAGE_INVALID_KEY'],
    [{ kind: 'key-file', path: path.join(folder, 'absent') }, 'STORAGE_INVALID_KEY'],
    [{ kind: 'key-file', path: '/dev/zero' }, 'STORAGE_INVALID_KEY'],
  ];
  for (const [wrong, code] of attempts) {
    const store = storeOf(database, wrong);
    await assert.rejects(store.get(handle), { code });
    await assert.rejects(vaultOf(store).generateKey('ed25519', 'kept'), { code });
    assert.equal((await store.list()).length, 1, 'public keys are no secret');
  }
  assert.throws(() => changeSecretKey(database, key, passphrase(''), random), { code: 'STORAGE_INVALID_KEY' });
  assert.equal((await storeOf(database, key).get(handle))?.handle, handle);
});

test('a store that was open before the secrets were sealed writes none in the clear', async () => {
  using database = openHome(path.join(folder, 'late'));
  const early = vaultOf(storeOf(database));
  await early.generateKey('ed25519', 'kept');
  await vaultOf(storeOf(database, keyFile('late-key'))).generateKey('ed25519', 'kept');
  await assert.rejects(early.generateKey('ed25519', 'kept'), { code: 'STORAGE_KEY_MISSING' });
});

test('another key takes the place of the old one', async () => {
  using database = openHome(path.join(folder, 'changed'));
  const [old, fresh] = [keyFile('old'), passphrase('new')];
  const { handle } = await vaultOf(storeOf(database, old)).generateKey('ed25519', 'kept');
  assert.throws(() => changeSecretKey(database, fresh, old, random), { code: 'STORAGE_WRONG_KEY' });
  changeSecretKey(database, old, fresh, random);
  await assert.rejects(storeOf(database, old).get(handle), { code: 'STORAGE_WRONG_KEY' });
  assert.equal((await storeOf(database, fresh).get(handle))?.handle, handle);
});

test('what was sealed is plain again with its key, of every vault, all or none', async () => {
  const home = path.join(folder, 'unsealed');
  using database = openHome(home);
  const [key, secret] = [keyFile('unseal'), random(32)];
  const { handle } = await vaultOf(storeOf(database, key)).importKey('ed25519', secret);
  const { handle: second } = await vaultOf(storeOf(database, key, 'second')).generateKey('x25519', 'kept');
  assert.throws(() => unsealSecrets(database, keyFile('not-unseal')), { code: 'STORAGE_WRONG_KEY' });
  const sealed = database.get('SELECT secret FROM secret WHERE handle = ?', second)?.bytes('secret');
  assert.ok(sealed);
  const put = (bytes: Uint8Array): number =>
    database.run('UPDATE secret SET secret = ? WHERE handle = ?', bytes, second);
  put(sealed.map((byte, at) => (at === 20 ? byte ^ 1 : byte)));
  assert.throws(() => unsealSecrets(database, key), { code: 'STORAGE_CORRUPT' });
  assert.ok(isProtected(database) && !isOnDisk(home, secret), 'one that is damaged keeps the others sealed');
  put(sealed);

  const early = vaultOf(storeOf(database, key));
  await early.describeKey(handle);
  unsealSecrets(database, key);
  assert.equal(isProtected(database), false);
  assert.deepEqual((await storeOf(database).get(handle))?.secret, secret);
  assert.equal((await vaultOf(storeOf(database, undefined, 'second')).describeKey(second)).algorithm, 'x25519');
  // What it sealed by the key that is gone nobody could open.
  await assert.rejects(early.generateKey('ed25519', 'kept'), { code: 'STORAGE_WRONG_KEY' });
  unsealSecrets(database, key);
  await vaultOf(storeOf(database, key)).describeKey(handle);
  assert.ok(isProtected(database), 'a key that is configured seals them again');
});

test('records cannot be exchanged, moved or changed', async () => {
  using database = openHome(path.join(folder, 'exchanged'));
  const key = keyFile('exchange');
  const vault = vaultOf(storeOf(database, key));
  const [a, b] = [await vault.generateKey('ed25519', 'kept'), await vault.generateKey('ed25519', 'kept')];
  const damaged = (): Promise<unknown> => storeOf(database, key).get(a.handle);
  const { secret } = { secret: database.get('SELECT secret FROM secret WHERE handle = ?', a.handle)?.bytes('secret') };
  assert.ok(secret);
  const put = (bytes: Uint8Array): number =>
    database.run('UPDATE secret SET secret = ? WHERE handle = ?', bytes, a.handle);
  for (let i = 0; i < secret.length; i++) {
    put(secret.map((byte, at) => (at === i ? byte ^ 1 : byte)));
    await assert.rejects(damaged(), { code: 'STORAGE_CORRUPT' });
    put(secret.subarray(0, i));
    await assert.rejects(damaged(), { code: 'STORAGE_CORRUPT' });
  }
  put(database.get('SELECT secret FROM secret WHERE handle = ?', b.handle)?.bytes('secret') ?? new Uint8Array(0));
  await assert.rejects(damaged(), { code: 'STORAGE_CORRUPT' });
  put(secret);
  assert.equal(((await damaged()) as { handle: string }).handle, a.handle);
  database.run("UPDATE secret SET vault = 'other'");
  await assert.rejects(storeOf(database, key, 'other').get(a.handle), { code: 'STORAGE_CORRUPT' });
  database.run('UPDATE secret_protection SET cost = 2147483647');
  await assert.rejects(storeOf(database, key).get(a.handle), { code: 'STORAGE_CORRUPT' });
});
