import { quoted } from '../../kernel/errors/index.ts';
import type { Database } from './database.ts';
import { StorageError } from './errors.ts';

/**
 * The tables of one room and how they came to be: `migrations[n]` leads from version n to n + 1. A migration that was published
 * is never changed; a new one is put behind it. Rooms above add their tables by a part of their own.
 */
export interface SchemaPart {
  /** A short name, for ever. */
  readonly name: string;
  readonly migrations: readonly string[];
}

/** `PERG`: what tells a database of ours from others. */
const APPLICATION_ID = 0x5045_5247;

const VERSIONS_TABLE =
  'CREATE TABLE schema_part (name TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT, WITHOUT ROWID';

/**
 * Brings the tables of `parts` up to date, in one transaction and only when something is due. A part that the database has and
 * `parts` has not is left alone. `PRAGMA user_version` counts all migrations that ever ran.
 * @param mayBeNew asked when there is nothing in the database: whether there has never been.
 * @throws {StorageError} STORAGE_FROM_FUTURE when a part is newer than known here, STORAGE_FOREIGN when the database is not ours, STORAGE_CORRUPT when it is empty and is no new one;
 *   then it is as it was
 */
export function migrate(database: Database, parts: readonly SchemaPart[], mayBeNew: () => boolean): void {
  checkOwner(database);
  if (due(database, parts).length === 0) return;
  database.write(() => {
    // Read again: another process may have been faster.
    let count = pragma(database, 'user_version');
    if (count === 0) {
      if (!mayBeNew()) throw emptied(database.path);
      database.execute(`PRAGMA application_id = ${APPLICATION_ID}`);
      database.execute(VERSIONS_TABLE);
    }
    for (const { part, from } of due(database, parts)) {
      for (const sql of part.migrations.slice(from)) {
        database.execute(sql);
        count++;
      }
      database.run(
        'INSERT OR REPLACE INTO schema_part (name, version) VALUES (?, ?)',
        part.name,
        part.migrations.length,
      );
    }
    database.execute(`PRAGMA user_version = ${count}`);
  });
}

function checkOwner(database: Database): void {
  // In this order: another process that makes the database gives it tables and owner at once, perhaps between the two looks.
  const isEmpty = database.get('SELECT 1 FROM sqlite_schema LIMIT 1') === undefined;
  const id = pragma(database, 'application_id');
  if (id === APPLICATION_ID || (id === 0 && isEmpty)) return;
  throw new StorageError('STORAGE_FOREIGN', `the database ${quoted(database.path)} belongs to another program`, {
    remedy: 'use another home',
  });
}

function due(database: Database, parts: readonly SchemaPart[]): { part: SchemaPart; from: number }[] {
  const versions = versionsOf(database);
  const behind: { part: SchemaPart; from: number }[] = [];
  for (const part of parts) {
    const from = versions.get(part.name) ?? 0;
    if (from > part.migrations.length) throw fromFuture(database.path, part, from);
    if (from < part.migrations.length) behind.push({ part, from });
  }
  return behind;
}

function versionsOf(database: Database): ReadonlyMap<string, number> {
  if (pragma(database, 'user_version') === 0) return new Map();
  const rows = database.all('SELECT name, version FROM schema_part');
  return new Map(rows.map((row) => [row.text('name'), row.integer('version')]));
}

function pragma(database: Database, name: 'user_version' | 'application_id'): number {
  return database.get(`PRAGMA ${name}`)?.integer(name) ?? 0;
}

function emptied(path: string): StorageError {
  return new StorageError(
    'STORAGE_CORRUPT',
    `the database ${quoted(path)} is empty, although there was something in it`,
    {
      remedy: 'restore a backup, or delete the file to begin anew',
    },
  );
}

function fromFuture(path: string, part: SchemaPart, version: number): StorageError {
  return new StorageError(
    'STORAGE_FROM_FUTURE',
    `the database ${quoted(path)} was written by a newer version (${part.name} ${version}, known here: ${part.migrations.length})`,
    { remedy: 'install the newest version, or use another home' },
  );
}
