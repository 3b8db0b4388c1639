import path from 'node:path';
import { quoted } from '../../kernel/errors/index.ts';
import { type Database, openDatabase } from '../../storage/database/index.ts';
import { NodeError } from '../errors.ts';

// Not by an import: short commands name vaults (`hardening.md` §6).
const {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  lstatSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
} = process.getBuiltinModule('node:fs');

/** Runs `use` with the database of a vault file, which must be there. @throws {NodeError} NODE_VAULT · {StorageError} */
export async function withVaultFile<T>(file: string, use: (database: Database) => Promise<T>): Promise<T> {
  if (!existsSync(file)) throw missing(file);
  const database = openDatabase(file);
  try {
    return await use(database);
  } finally {
    database.close();
  }
}

/**
 * Makes the file of a new vault.
 * @param isOwnPlace in the home, under a name that no vault has: there an empty vault is one whose creation did not come to its end.
 * @throws {NodeError} NODE_VAULT when something is there · {StorageError}
 */
export function createVaultFile(file: string, isOwnPlace: boolean): void {
  // What is there may be the database of a home, which would go with the vault when that is deleted.
  if (existsSync(file) && !(isOwnPlace && isEmptyVault(file)))
    throw new NodeError('NODE_VAULT', `there is something at ${quoted(file)} already`, {
      remedy: 'choose another name, or move that file away',
    });
  openDatabase(file).close();
}

/** Whether the file is a vault without any key, and no database of a home. @throws {StorageError} when it is something else */
function isEmptyVault(file: string): boolean {
  using database = openDatabase(file);
  const isHome = database.get("SELECT 1 FROM schema_part WHERE name = 'node'") !== undefined;
  return !isHome && database.get('SELECT 1 FROM secret') === undefined;
}

/** Takes the place of a vault file where nothing is yet, or a file without anything in it. @throws {NodeError} NODE_VAULT */
export function reserveVaultFile(file: string): void {
  try {
    const status = lstatSync(file, { throwIfNoEntry: false });
    // Not written into as it is: it may be somebody else's, or readable by everybody.
    if (status?.isFile() === true && status.size === 0) rmSync(file);
    closeSync(openSync(file, 'wx', 0o600));
  } catch (cause) {
    throw cannotWrite(file, cause);
  }
}

/** Copies a vault file to its reserved place; when this returns it is on the disk. @throws {NodeError} NODE_VAULT · {StorageError} */
export function copyVaultFile(from: string, to: string): void {
  if (!existsSync(from)) throw missing(from);
  const database = openDatabase(from);
  // All of it is in the one file then.
  database.get('PRAGMA wal_checkpoint(TRUNCATE)');
  database.close();
  try {
    copyFileSync(from, to);
    if (process.platform !== 'win32') chmodSync(to, 0o600);
    flush(to, 'r+');
    // The name, too. Windows opens no folders.
    if (process.platform !== 'win32') flush(path.dirname(to), 'r');
  } catch (cause) {
    throw cannotWrite(to, cause);
  }
}

/** Whether a copy has all that is in a vault file, and nothing was written there since. */
export function isWholeCopy(from: string, to: string): boolean {
  const log = statSync(`${from}-wal`, { throwIfNoEntry: false });
  return (log === undefined || log.size === 0) && readFileSync(from).equals(readFileSync(to));
}

function flush(name: string, flags: string): void {
  const file = openSync(name, flags);
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Deletes a vault file and what SQLite keeps beside it; nothing when it is gone already. @throws {NodeError} NODE_VAULT */
export function deleteVaultFile(file: string): void {
  try {
    for (const suffix of ['-wal', '-shm', '']) rmSync(file + suffix, { force: true });
  } catch (cause) {
    throw new NodeError('NODE_VAULT', `the file ${quoted(file)} of a vault cannot be deleted`, {
      cause,
      remedy: 'see to it that this user may delete it, and repeat the command',
    });
  }
}

function missing(file: string): NodeError {
  return new NodeError('NODE_VAULT', `the file ${quoted(file)} of a vault is missing`, {
    remedy: 'put it back where it was',
  });
}

function cannotWrite(file: string, cause: unknown): NodeError {
  return new NodeError('NODE_VAULT', `the vault cannot be written to ${quoted(file)}`, {
    cause,
    remedy: 'name a file that is not there yet, in a folder that is',
  });
}
