import { chmodSync, constants, copyFileSync, existsSync, rmSync } from 'node:fs';
import { quoted } from '../../kernel/index.ts';
import { type Database, openDatabase } from '../../storage/database/index.ts';
import { NodeError } from '../errors.ts';

/** Runs `use` with the database of a vault file, which must be there. @throws {NodeError} NODE_VAULT · {StorageError} */
export async function withVaultFile<T>(path: string, use: (database: Database) => Promise<T>): Promise<T> {
  if (!existsSync(path)) {
    throw new NodeError('NODE_VAULT', `the file ${quoted(path)} of a vault is missing`, {
      remedy: 'put it back where it was',
    });
  }
  const database = openDatabase(path);
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
export function createVaultFile(path: string, isOwnPlace: boolean): void {
  // What is there may be the database of a home, which would go with the vault when that is deleted.
  if (existsSync(path) && !(isOwnPlace && isEmptyVault(path)))
    throw new NodeError('NODE_VAULT', `there is something at ${quoted(path)} already`, {
      remedy: 'choose another name, or move that file away',
    });
  openDatabase(path).close();
}

/** Whether the file is a vault without any key, and no database of a home. @throws {StorageError} when it is something else */
function isEmptyVault(path: string): boolean {
  using database = openDatabase(path);
  const isHome = database.get("SELECT 1 FROM schema_part WHERE name = 'node'") !== undefined;
  return !isHome && database.get('SELECT 1 FROM secret') === undefined;
}

/** Copies a vault file to where nothing is yet; the old one stays. @throws {NodeError} NODE_VAULT · {StorageError} */
export function copyVaultFile(from: string, to: string): void {
  if (!existsSync(from)) throw new NodeError('NODE_VAULT', `the file ${quoted(from)} of a vault is missing`);
  const database = openDatabase(from);
  // All of it is in the one file then.
  database.get('PRAGMA wal_checkpoint(TRUNCATE)');
  database.close();
  try {
    copyFileSync(from, to, constants.COPYFILE_EXCL);
  } catch (cause) {
    throw new NodeError('NODE_VAULT', `the vault cannot be written to ${quoted(to)}`, {
      cause,
      remedy: 'name a file that is not there yet, in a folder that is',
    });
  }
  if (process.platform !== 'win32') chmodSync(to, 0o600);
}

/** Deletes a vault file and what SQLite keeps beside it. */
export function deleteVaultFile(path: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true });
}
