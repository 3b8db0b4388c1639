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
    `
    CREATE TABLE node_resource (
      node TEXT NOT NULL,
      kind TEXT NOT NULL,
      name TEXT NOT NULL,
      configuration TEXT NOT NULL,
      PRIMARY KEY (node, kind, name)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE resource_policy (
      node TEXT NOT NULL,
      is_type INTEGER NOT NULL,
      resource TEXT NOT NULL,
      expression TEXT NOT NULL,
      PRIMARY KEY (node, is_type, resource)
    ) STRICT, WITHOUT ROWID;
    `,
    `
    CREATE TABLE vault (
      name TEXT PRIMARY KEY,
      path TEXT,
      is_default INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    INSERT INTO vault (name, path, is_default) SELECT 'default', NULL, 1 WHERE EXISTS (SELECT 1 FROM named_identity);
    `,
    // The second copy of a vault file, for as long as the file is being moved.
    `
    ALTER TABLE vault ADD COLUMN leftover TEXT;
    `,
  ],
};
