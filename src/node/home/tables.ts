import type { SchemaPart } from '../../storage/database/index.ts';

/** The tables of a home, beside those of `storage/`. */
export const NODE_TABLES: SchemaPart = {
  name: 'node',
  migrations: [
    `
    CREATE TABLE named_identity (
      name TEXT PRIMARY KEY,
      identifier TEXT NOT NULL,
      vault TEXT NOT NULL,
      is_default INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE node (
      name TEXT PRIMARY KEY,
      kind TEXT NOT NULL,
      identity TEXT NOT NULL,
      configuration TEXT NOT NULL,
      is_default INTEGER NOT NULL,
      pid INTEGER,
      process_started_at TEXT
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE project (
      id TEXT PRIMARY KEY,
      name TEXT NOT NULL UNIQUE,
      model TEXT NOT NULL,
      hosted TEXT,
      is_default INTEGER NOT NULL,
      pid INTEGER,
      process_started_at TEXT
    ) STRICT, WITHOUT ROWID;
    `,
  ],
};
