/**
 * Secrets at rest (`docs/storage.md`).
 *
 * A random data key seals every secret: `nonce (12) ‖ AES-256-GCM(data key, nonce, aad, secret) ‖ tag`, where the associated data
 * names vault, handle and algorithm, so that no row can stand in for another. The data key itself is in the database, sealed
 * in the same way by a key made of what the owner has: a passphrase (scrypt) or a file. So a new passphrase re-seals one row.
 */
import { readFileSync, statSync } from 'node:fs';
import { scryptSync } from 'node:crypto';
import { concat, hasCode, quoted, type RandomSource, utf8 } from '../../kernel/index.ts';
import { AEAD_KEY_LENGTH, AEAD_NONCE_LENGTH, aeadOpen, aeadSeal, CryptoError, hkdf } from '../../trust/crypto/index.ts';
import type { Database } from '../database/index.ts';
import { StorageError } from '../database/index.ts';
import type { Row } from '../database/index.ts';

/** What the owner unlocks the secrets with. */
export type SecretKeySource =
  /** At least one character. */
  | { readonly kind: 'passphrase'; readonly passphrase: string }
  /** A file of 32 bytes to 64 KiB that nobody could guess; kept on another disk, a stick, a secrets mount. */
  | { readonly kind: 'key-file'; readonly path: string };

/** Ours: scrypt with N = 2^16, r = 8, p = 1 takes 64 MiB and a fifth of a second. */
const SCRYPT_COST = 65_536;
const MAX_SCRYPT_COST = 1_048_576;
const SALT_LENGTH = 16;
const MIN_KEY_FILE_BYTES = 32;
const MAX_KEY_FILE_BYTES = 65_536;

const KEY_CONTEXT = utf8('perigee storage data key 1');
const KEY_FILE_CONTEXT = utf8('perigee storage key file 1');

/** Seals and opens bytes under one key; `context` is authenticated, and must be the same for both. */
export function seal(key: Uint8Array, context: Uint8Array, plain: Uint8Array, random: RandomSource): Uint8Array {
  const nonce = random(AEAD_NONCE_LENGTH);
  return concat(nonce, aeadSeal(key, nonce, context, plain));
}

/** @throws {CryptoError} */
export function unseal(key: Uint8Array, context: Uint8Array, sealed: Uint8Array): Uint8Array {
  return aeadOpen(key, sealed.subarray(0, AEAD_NONCE_LENGTH), context, sealed.subarray(AEAD_NONCE_LENGTH));
}

/** Whether the secrets of the database are sealed. */
export function isProtected(database: Database): boolean {
  return database.get('SELECT 1 FROM secret_protection') !== undefined;
}

/**
 * The data key, 32 bytes that the caller wipes.
 * @throws {StorageError} STORAGE_WRONG_KEY, STORAGE_KEY_MISSING when the secrets are not sealed, STORAGE_INVALID_KEY
 */
export function unlockDataKey(database: Database, source: SecretKeySource): Uint8Array {
  const row = database.get('SELECT kind, salt, cost, sealed_key FROM secret_protection');
  if (row === undefined) throw new StorageError('STORAGE_KEY_MISSING', 'the secrets of the database are not sealed');
  if (row.text('kind') !== source.kind) {
    throw wrongKey(`the secrets are sealed by a ${row.text('kind')}, not by a ${source.kind}`);
  }
  const key = deriveKey(source, row.bytes('salt'), costOf(row));
  try {
    return unseal(key, KEY_CONTEXT, row.bytes('sealed_key'));
  } catch (cause) {
    if (!(cause instanceof CryptoError)) throw cause;
    throw wrongKey(`the ${source.kind} is not the one that sealed the secrets`, cause);
  } finally {
    key.fill(0);
  }
}

/** A data key as the database keeps it. */
export interface SealedDataKey {
  readonly kind: SecretKeySource['kind'];
  readonly salt: Uint8Array;
  readonly cost: number;
  readonly sealedKey: Uint8Array;
}

/** Seals `dataKey` by what the owner has; slow on purpose when that is a passphrase. @throws {StorageError} STORAGE_INVALID_KEY */
export function sealDataKey(dataKey: Uint8Array, source: SecretKeySource, random: RandomSource): SealedDataKey {
  const salt = random(SALT_LENGTH);
  const key = deriveKey(source, salt, SCRYPT_COST);
  try {
    return { kind: source.kind, salt, cost: SCRYPT_COST, sealedKey: seal(key, KEY_CONTEXT, dataKey, random) };
  } finally {
    key.fill(0);
  }
}

/** Puts a sealed data key into the database in place of the one that is there. */
export function putDataKey(database: Database, { kind, salt, cost, sealedKey }: SealedDataKey): void {
  database.run(
    'INSERT OR REPLACE INTO secret_protection (id, kind, salt, cost, sealed_key) VALUES (1, ?, ?, ?, ?)',
    kind,
    salt,
    cost,
    sealedKey,
  );
}

/**
 * From now on `to` unlocks the secrets and `from` does not; the secrets themselves are not touched.
 * @throws {StorageError} as {@link unlockDataKey}
 */
export function changeSecretKey(
  database: Database,
  from: SecretKeySource,
  to: SecretKeySource,
  random: RandomSource,
): void {
  // As a whole: of two processes that change it at a time, the later one has to know what the earlier one made of it.
  database.write(() => {
    const dataKey = unlockDataKey(database, from);
    try {
      putDataKey(database, sealDataKey(dataKey, to, random));
    } finally {
      dataKey.fill(0);
    }
  });
}

/** Whether `source` unlocks the secrets of the database, which are sealed. @throws {StorageError} as {@link unlockDataKey}, but for a wrong key */
export function unlocks(database: Database, source: SecretKeySource): boolean {
  try {
    unlockDataKey(database, source).fill(0);
    return true;
  } catch (error) {
    if (hasCode(error, 'STORAGE_WRONG_KEY')) return false;
    throw error;
  }
}

function costOf(row: Row): number {
  const cost = row.integer('cost');
  const isPower = cost > 1 && (cost & (cost - 1)) === 0;
  if (!isPower || cost > MAX_SCRYPT_COST) throw new StorageError('STORAGE_CORRUPT', `the cost of scrypt is ${cost}`);
  return cost;
}

/** 32 bytes that the caller wipes. */
function deriveKey(source: SecretKeySource, salt: Uint8Array, cost: number): Uint8Array {
  if (source.kind === 'key-file') {
    const material = readKeyFile(source.path);
    try {
      return hkdf(salt, material, KEY_FILE_CONTEXT, AEAD_KEY_LENGTH);
    } finally {
      material.fill(0);
    }
  }
  if (source.passphrase === '') {
    throw new StorageError('STORAGE_INVALID_KEY', 'the passphrase is empty', {
      remedy: 'use one of several words that nobody could guess',
    });
  }
  const passphrase = utf8(source.passphrase.normalize('NFC'));
  // Twice what scrypt needs, which is 128 · N · r bytes.
  return new Uint8Array(scryptSync(passphrase, salt, AEAD_KEY_LENGTH, { N: cost, r: 8, p: 1, maxmem: 2048 * cost }));
}

function readKeyFile(path: string): Uint8Array {
  let bytes: Uint8Array;
  try {
    const status = statSync(path);
    // A device or a pipe has no size, and some never end.
    const isKeyFile = status.isFile() && status.size <= MAX_KEY_FILE_BYTES;
    bytes = isKeyFile ? new Uint8Array(readFileSync(path)) : new Uint8Array(0);
  } catch (cause) {
    throw new StorageError('STORAGE_INVALID_KEY', `the key file ${quoted(path)} cannot be read`, {
      cause,
      remedy: 'name a file that is there, and that this user may read',
    });
  }
  if (bytes.length >= MIN_KEY_FILE_BYTES) return bytes;
  throw new StorageError(
    'STORAGE_INVALID_KEY',
    `the key file ${quoted(path)} is no file of ${MIN_KEY_FILE_BYTES} to ${MAX_KEY_FILE_BYTES} bytes`,
    { remedy: 'make one, for example by: openssl rand -out FILE 32' },
  );
}

function wrongKey(message: string, cause?: unknown): StorageError {
  return new StorageError('STORAGE_WRONG_KEY', message, {
    cause,
    remedy: 'name what sealed them last, with PERIGEE_KEY_FILE or PERIGEE_PASSPHRASE_FILE',
  });
}
