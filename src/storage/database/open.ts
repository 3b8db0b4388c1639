/**
 * Opens a database (`docs/storage.md`): file with its permissions · connection · owner and version checked, migrated when due ·
 * write-ahead log. Nothing is written to a file that is not ours, damaged, or from a newer version.
 */
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { quoted } from '../../kernel/errors/index.ts';
import { Database } from './database.ts';
import { StorageError, storageError } from './errors.ts';
import { migrate, type SchemaPart } from './schema.ts';
import { CORE_TABLES } from './tables.ts';

// Not by an import: every short command opens a database (`hardening.md` §6).
const { chmodSync, closeSync, existsSync, fstatSync, mkdirSync, openSync } = process.getBuiltinModule('node:fs');

/** The name of the database in a home. */
export const DATABASE_FILE = 'database.sqlite3';

/** Ours: how long a statement waits for other processes, milliseconds. */
const BUSY_TIMEOUT_MS = 10_000;
/** Ours: how often a change of the journal, for which SQLite does not wait, is tried, and the pause in between, milliseconds. */
const WAL_ATTEMPTS = 400;
const WAL_PAUSE_MS = 25;

const OTHERS_MAY = 0o077;

/** How to open a database. */
export interface OpenDatabaseOptions {
  /** Tables of rooms above, beside those of this one. */
  readonly parts?: readonly SchemaPart[] | undefined;
  /** Asked before an empty file that was there already is made a database. Default: it may. */
  readonly mayBeNew?: (() => boolean) | undefined;
  /** Default 10 000. */
  readonly busyTimeoutMs?: number | undefined;
}

/** Opens the database of a home, which is made if need be. @throws as {@link openDatabase} */
export function openHome(home: string, options: OpenDatabaseOptions = {}): Database {
  return openDatabase(path.join(home, DATABASE_FILE), options);
}

/**
 * Opens the database at `file`; folder (0700) and file (0600) are made if need be. Many processes may have it open.
 * @throws {StorageError} STORAGE_CANNOT_OPEN, STORAGE_FROM_FUTURE, STORAGE_FOREIGN, STORAGE_CORRUPT, STORAGE_READ_ONLY,
 *   STORAGE_FULL, STORAGE_BUSY
 */
export function openDatabase(file: string, options: OpenDatabaseOptions = {}): Database {
  const { parts = [], busyTimeoutMs = BUSY_TIMEOUT_MS, mayBeNew = () => true } = options;
  const made = prepareFile(file);
  const database = connect(file, busyTimeoutMs);
  try {
    // In this order: the checks only read, so that a refused file stays as it was to the last byte.
    database.execute('PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON; PRAGMA trusted_schema = OFF');
    migrate(database, [CORE_TABLES, ...parts], () => made || mayBeNew());
    useWriteAheadLog(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function connect(file: string, timeout: number): Database {
  try {
    return new Database(file, new DatabaseSync(file, { timeout, allowExtension: false }));
  } catch (cause) {
    throw storageError(file, cause);
  }
}

/** Makes the file before SQLite would, with permissions that its log and index files inherit; whether it was not there. */
function prepareFile(file: string): boolean {
  try {
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    const made = !existsSync(file);
    const descriptor = openSync(file, 'a', 0o600);
    const { mode } = fstatSync(descriptor);
    closeSync(descriptor);
    if ((mode & OTHERS_MAY) !== 0 && process.platform !== 'win32') chmodSync(file, 0o600);
    return made;
  } catch (cause) {
    const { code } = cause as { code?: unknown };
    const isReadOnly = code === 'EACCES' || code === 'EROFS' || code === 'EPERM';
    throw new StorageError(
      isReadOnly ? 'STORAGE_READ_ONLY' : code === 'ENOSPC' ? 'STORAGE_FULL' : 'STORAGE_CANNOT_OPEN',
      `the database ${quoted(file)} cannot be opened: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause, remedy: 'check the owner and the permissions of the file and its folder' },
    );
  }
}

/**
 * The log stays with the file, so this happens once in its life. It needs the file for itself for a moment, and SQLite gives up
 * at once when several processes want that.
 */
function useWriteAheadLog(database: Database): void {
  if (database.get('PRAGMA journal_mode')?.text('journal_mode') === 'wal') return;
  for (let attempt = 1; ; attempt++) {
    try {
      const mode = database.get('PRAGMA journal_mode = WAL')?.text('journal_mode');
      if (mode === 'wal') return;
      throw new StorageError(
        'STORAGE_CANNOT_OPEN',
        `the file system of ${quoted(database.path)} allows no shared memory`,
        {
          remedy: 'use a home on a local disk',
        },
      );
    } catch (error) {
      if (!(error instanceof StorageError) || error.code !== 'STORAGE_BUSY' || attempt === WAL_ATTEMPTS) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, WAL_PAUSE_MS);
    }
  }
}
