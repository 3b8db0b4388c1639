/**
 * The state of a home in one SQLite file: the stores that `trust/` and `project/` ask for, and a way to add tables.
 *
 * Specification: `docs/storage.md` · layer 4.
 * Read: open.ts, database.ts, schema.ts, tables.ts, then the stores; secret-protection.ts for keys at rest.
 * Invariants: a transaction happens or does not, whoever is killed; many processes share one file; what is damaged, foreign or
 * from a newer version is refused and left as it is; files are readable by their owner only.
 * Tests: every store runs the suite of its contract; `processes.test.ts` has many processes and kills.
 */
export { SqliteAttributeStore } from './attribute-store.ts';
export { SqliteMemberStore, SqliteTokenStore } from './authority-stores.ts';
export { SqliteCredentialStore } from './credential-store.ts';
export { Database } from './database.ts';
export { StorageError } from './errors.ts';
export { SqliteChangeHistoryStore, SqlitePurposeKeyStore } from './identity-stores.ts';
export { DATABASE_FILE, openDatabase, type OpenDatabaseOptions, openHome } from './open.ts';
export { Row } from './row.ts';
export type { SchemaPart } from './schema.ts';
export { changeSecretKey, isProtected, type SecretKeySource } from './secret-protection.ts';
export { SqliteSecretStore, type SqliteSecretStoreOptions } from './secret-store.ts';
