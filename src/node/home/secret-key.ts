import { fromUtf8 } from '../../kernel/bytes/index.ts';
import { quoted } from '../../kernel/errors/index.ts';
import { StorageError } from '../../storage/database/index.ts';
import type { SecretKeySource } from '../../storage/sqlite/index.ts';

/** What unlocks the secret keys of a home (`docs/storage.md`); reads its file when it is called. @throws {StorageError} STORAGE_INVALID_KEY */
export type SecretKey = () => SecretKeySource;

/** Variables that name a file, never a secret: the environment of a process is easier to read than a file. */
const KEY_FILE = 'PERIGEE_KEY_FILE';
const PASSPHRASE_FILE = 'PERIGEE_PASSPHRASE_FILE';

/** Put into an environment, it takes the key of the user's home out of it. */
export const KEYLESS: Readonly<Record<string, undefined>> = { [KEY_FILE]: undefined, [PASSPHRASE_FILE]: undefined };

/** Ours: longest file with a passphrase, bytes. */
const MAX_PASSPHRASE_BYTES = 1024;

/**
 * What the environment says that unlocks the secret keys; undefined when it says nothing.
 * @throws {StorageError} STORAGE_INVALID_KEY when it names both a key file and a passphrase
 */
export function secretKeyFrom(environment: Readonly<Record<string, string | undefined>>): SecretKey | undefined {
  const keyFile = environment[KEY_FILE] || undefined;
  const passphraseFile = environment[PASSPHRASE_FILE] || undefined;
  if (keyFile !== undefined && passphraseFile !== undefined) {
    throw new StorageError('STORAGE_INVALID_KEY', `both ${KEY_FILE} and ${PASSPHRASE_FILE} are set`, {
      remedy: 'set one of them',
    });
  }
  if (keyFile !== undefined) return keyFileAt(keyFile);
  return passphraseFile === undefined ? undefined : passphraseIn(passphraseFile);
}

/** The key file at `path`, which is read when the key is needed. */
export function keyFileAt(path: string): SecretKey {
  return () => ({ kind: 'key-file', path });
}

/** The passphrase in the file at `path`: all of it, without the end of its last line. */
export function passphraseIn(path: string): SecretKey {
  return () => ({ kind: 'passphrase', passphrase: readPassphrase(path) });
}

function readPassphrase(path: string): string {
  const remedy = `name a file of at most ${MAX_PASSPHRASE_BYTES} bytes with the passphrase in UTF-8`;
  const { readFileSync, statSync } = process.getBuiltinModule('node:fs');
  try {
    const status = statSync(path);
    // A device or a pipe has no size, and some never end; and a process in the background cannot read a pipe again.
    if (status.isFile() && status.size <= MAX_PASSPHRASE_BYTES) {
      return fromUtf8(new Uint8Array(readFileSync(path))).replace(/\r?\n$/, '');
    }
  } catch (cause) {
    throw new StorageError('STORAGE_INVALID_KEY', `the file ${quoted(path)} of the passphrase cannot be read`, {
      cause,
      remedy,
    });
  }
  throw new StorageError('STORAGE_INVALID_KEY', `the file ${quoted(path)} holds no passphrase`, { remedy });
}
