import { type RandomSource, utf8 } from '../../kernel/index.ts';
import { AEAD_KEY_LENGTH, CryptoError, type KeyAlgorithm } from '../../trust/crypto/index.ts';
import type { KeyHandle, SecretRecord, SecretStore, VaultKey } from '../../trust/vault/index.ts';
import type { Database } from '../database/index.ts';
import { DAMAGED_REMEDY, StorageError } from '../database/index.ts';
import type { Row } from '../database/index.ts';
import {
  isProtected,
  putDataKey,
  seal,
  sealDataKey,
  type SecretKeySource,
  unlockDataKey,
  unseal,
} from './secret-protection.ts';

const COLUMNS = 'vault, handle, algorithm, public_key, protection, sealed, secret';

/** Whose secrets, and how they are kept. */
export interface SqliteSecretStoreOptions {
  readonly database: Database;
  /** The name of the vault. */
  readonly vault: string;
  readonly random: RandomSource;
  /**
   * What unlocks the secrets; asked once, when first needed, since a passphrase takes its time. The first store that is opened
   * with one seals every secret that is in the database. Without one, secrets are plain in a file that only its owner can read.
   */
  readonly key?: (() => SecretKeySource) | undefined;
}

/** Secret keys in the table `secret`, sealed when there is a key (`secret-protection.ts`). */
export class SqliteSecretStore implements SecretStore {
  readonly #database: Database;
  readonly #vault: string;
  readonly #random: RandomSource;
  readonly #key: (() => SecretKeySource) | undefined;
  #dataKey: Uint8Array | undefined;

  constructor(options: SqliteSecretStoreOptions) {
    this.#database = options.database;
    this.#vault = options.vault;
    this.#random = options.random;
    this.#key = options.key;
  }

  /** @throws {StorageError} STORAGE_KEY_MISSING, STORAGE_WRONG_KEY, STORAGE_INVALID_KEY, and as every write */
  async put(record: SecretRecord): Promise<void> {
    const { handle, algorithm, publicKey, protection, secret } = record;
    const key = this.#unlock();
    const kept =
      key === undefined ? secret : seal(key, contextOf(this.#vault, handle, algorithm), secret, this.#random);
    this.#database.write(() => {
      // Another process may have sealed the secrets since this one looked.
      const isSealed = isProtected(this.#database);
      if (key === undefined && isSealed) throw keyMissing();
      if (key !== undefined && !isSealed) throw keyGone();
      this.#database.run(
        `INSERT OR REPLACE INTO secret (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)`,
        this.#vault,
        handle,
        algorithm,
        publicKey,
        protection,
        Number(key !== undefined),
        kept,
      );
    });
    secret.fill(0);
  }

  /** @throws {StorageError} STORAGE_KEY_MISSING, STORAGE_WRONG_KEY, STORAGE_INVALID_KEY, STORAGE_CORRUPT */
  async get(handle: KeyHandle): Promise<SecretRecord | undefined> {
    // First, because it may seal what is about to be read.
    const key = this.#unlock();
    const sql = `SELECT ${COLUMNS} FROM secret WHERE vault = ? AND handle = ?`;
    const row = this.#database.get(sql, this.#vault, handle);
    if (row === undefined) return undefined;
    const protection = row.text('protection');
    if (protection !== 'plain' && protection !== 'wrapped') throw corrupt(handle);
    return { ...vaultKeyOf(row), protection, secret: openSecret(row, key) };
  }

  async delete(handle: KeyHandle): Promise<boolean> {
    return this.#database.run('DELETE FROM secret WHERE vault = ? AND handle = ?', this.#vault, handle) === 1;
  }

  async list(): Promise<readonly VaultKey[]> {
    const sql = 'SELECT handle, algorithm, public_key FROM secret WHERE vault = ? ORDER BY handle';
    return this.#database.all(sql, this.#vault).map(vaultKeyOf);
  }

  /** The key that seals the secrets; undefined when they are plain and are to stay so. */
  #unlock(): Uint8Array | undefined {
    if (this.#dataKey !== undefined) return this.#dataKey;
    if (isProtected(this.#database)) {
      if (this.#key === undefined) throw keyMissing();
      this.#dataKey = unlockDataKey(this.#database, this.#key());
    } else if (this.#key !== undefined) {
      this.#dataKey = sealSecrets(this.#database, this.#key(), this.#random);
    }
    return this.#dataKey;
  }
}

/**
 * Seals every secret of the database, all or none; the data key, which the caller wipes when it is done with it.
 * @throws {StorageError} STORAGE_WRONG_KEY when they are sealed by another key, STORAGE_INVALID_KEY
 */
export function sealSecrets(database: Database, source: SecretKeySource, random: RandomSource): Uint8Array {
  if (isProtected(database)) return unlockDataKey(database, source);
  const dataKey = random(AEAD_KEY_LENGTH);
  // Outside of the transaction: others need not wait for scrypt.
  const sealedKey = sealDataKey(dataKey, source, random);
  const isFirst = database.write(() => {
    if (isProtected(database)) return false;
    putDataKey(database, sealedKey);
    for (const row of database.all(`SELECT ${COLUMNS} FROM secret`)) {
      const [vault, handle] = [row.text('vault'), row.text('handle')];
      const context = contextOf(vault, handle, row.text('algorithm'));
      const sealed = seal(dataKey, context, row.bytes('secret'), random);
      database.run('UPDATE secret SET secret = ?, sealed = 1 WHERE vault = ? AND handle = ?', sealed, vault, handle);
    }
    return true;
  });
  if (!isFirst) return unlockDataKey(database, source);
  clearLog(database);
  return dataKey;
}

/**
 * Empties the log, in which pages stand as they were before secrets were sealed.
 * @returns false when somebody reads by it, and what was plain is still there
 */
export function clearLog(database: Database): boolean {
  return database.get('PRAGMA wal_checkpoint(TRUNCATE)')?.integer('busy') === 0;
}

/**
 * Makes every secret of the database plain, all or none; nothing when they are. No process may hold a store that has unlocked them: its
 * key is no more.
 * @throws {StorageError} as {@link unlockDataKey}, STORAGE_CORRUPT
 */
export function unsealSecrets(database: Database, source: SecretKeySource): void {
  database.write(() => {
    if (!isProtected(database)) return;
    const dataKey = unlockDataKey(database, source);
    try {
      for (const row of database.all(`SELECT ${COLUMNS} FROM secret WHERE sealed = 1`)) {
        const secret = openSecret(row, dataKey);
        const [vault, handle] = [row.text('vault'), row.text('handle')];
        database.run('UPDATE secret SET secret = ?, sealed = 0 WHERE vault = ? AND handle = ?', secret, vault, handle);
        secret.fill(0);
      }
      database.run('DELETE FROM secret_protection');
    } finally {
      dataKey.fill(0);
    }
  });
}

function openSecret(row: Row, key: Uint8Array | undefined): Uint8Array {
  const secret = row.bytes('secret');
  if (!row.flag('sealed')) return secret;
  if (key === undefined) throw keyMissing();
  const handle = row.text('handle');
  try {
    return unseal(key, contextOf(row.text('vault'), handle, row.text('algorithm')), secret);
  } catch (cause) {
    if (!(cause instanceof CryptoError)) throw cause;
    throw corrupt(handle, cause);
  }
}

function vaultKeyOf(row: Row): VaultKey {
  const handle = row.text('handle');
  const algorithm = row.text('algorithm');
  if (!isAlgorithm(algorithm)) throw corrupt(handle);
  return { handle, algorithm, publicKey: row.bytes('public_key') };
}

function isAlgorithm(text: string): text is KeyAlgorithm {
  return text === 'ed25519' || text === 'p256' || text === 'x25519';
}

function contextOf(vault: string, handle: string, algorithm: string): Uint8Array {
  return utf8(JSON.stringify(['perigee storage secret 1', vault, handle, algorithm]));
}

function keyMissing(): StorageError {
  return new StorageError('STORAGE_KEY_MISSING', 'the secrets of the database are sealed', {
    remedy: 'set PERIGEE_KEY_FILE or PERIGEE_PASSPHRASE_FILE to the file with what sealed them',
  });
}

function keyGone(): StorageError {
  return new StorageError('STORAGE_WRONG_KEY', 'the secrets of the database were unsealed meanwhile', {
    remedy: 'start this process again, or repeat the command',
  });
}

function corrupt(handle: string, cause?: unknown): StorageError {
  return new StorageError('STORAGE_CORRUPT', `the record of key ${handle} is damaged`, {
    cause,
    remedy: DAMAGED_REMEDY,
  });
}
