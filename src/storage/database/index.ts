/**
 * One SQLite file that many processes share: opening, migrating, reading and writing it. It knows no store, so a command
 * that only reads a table starts fast.
 *
 * Specification: `docs/storage.md` · layer 4.
 * Read: open.ts, database.ts, schema.ts, tables.ts, row.ts.
 * Invariants: a transaction happens or does not, whoever is killed; what is damaged, foreign or from a newer version is refused
 * and left as it is; files are readable by their owner only.
 * Tests: `../sqlite/open.test.ts`, and `../sqlite/processes.test.ts` with many processes and kills.
 */
export { Database } from './database.ts';
export { DAMAGED_REMEDY, StorageError, storageError } from './errors.ts';
export { DATABASE_FILE, openDatabase, type OpenDatabaseOptions, openHome } from './open.ts';
export { Row } from './row.ts';
export type { SchemaPart } from './schema.ts';
