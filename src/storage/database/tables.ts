import type { SchemaPart } from './schema.ts';

/** The tables behind the stores of `trust/` and `project/` (`docs/storage.md`). */
export const CORE_TABLES: SchemaPart = {
  name: 'core',
  migrations: [
    `
    CREATE TABLE secret_protection (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      kind TEXT NOT NULL,
      salt BLOB NOT NULL,
      cost INTEGER NOT NULL,
      sealed_key BLOB NOT NULL
    ) STRICT;

    CREATE TABLE secret (
      vault TEXT NOT NULL,
      handle TEXT NOT NULL,
      algorithm TEXT NOT NULL,
      public_key BLOB NOT NULL,
      protection TEXT NOT NULL,
      sealed INTEGER NOT NULL,
      secret BLOB NOT NULL,
      PRIMARY KEY (vault, handle)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE identity (
      identifier TEXT PRIMARY KEY,
      change_history BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE purpose_key (
      identifier TEXT NOT NULL,
      kind TEXT NOT NULL,
      attestation BLOB NOT NULL,
      PRIMARY KEY (identifier, kind)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE identity_attributes (
      node TEXT NOT NULL,
      subject TEXT NOT NULL,
      issuer TEXT NOT NULL,
      attributes BLOB NOT NULL,
      added_at INTEGER NOT NULL,
      expires_at INTEGER,
      PRIMARY KEY (node, subject, issuer)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX identity_attributes_expiry ON identity_attributes (node, expires_at);

    CREATE TABLE credential (
      node TEXT NOT NULL,
      subject TEXT NOT NULL,
      issuer TEXT NOT NULL,
      scope TEXT NOT NULL,
      credential BLOB NOT NULL,
      expires_at INTEGER NOT NULL,
      PRIMARY KEY (node, subject, issuer, scope)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE authority_member (
      authority TEXT NOT NULL,
      identifier TEXT NOT NULL,
      attributes TEXT NOT NULL,
      added_by TEXT NOT NULL,
      added_at INTEGER NOT NULL,
      is_pre_trusted INTEGER NOT NULL,
      PRIMARY KEY (authority, identifier)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE authority_enrollment_token (
      authority TEXT NOT NULL,
      code_hash TEXT NOT NULL,
      issued_by TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      expires_at INTEGER NOT NULL,
      uses_left INTEGER NOT NULL,
      attributes TEXT NOT NULL,
      PRIMARY KEY (authority, code_hash)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX authority_enrollment_token_expiry ON authority_enrollment_token (authority, expires_at);
    `,
    `
    CREATE TABLE revocation (
      sequence INTEGER PRIMARY KEY AUTOINCREMENT,
      issuer TEXT NOT NULL,
      subject TEXT NOT NULL,
      revoked_at INTEGER NOT NULL,
      ends_at INTEGER NOT NULL,
      UNIQUE (issuer, subject)
    ) STRICT;
    CREATE INDEX revocation_order ON revocation (issuer, sequence);
    CREATE INDEX revocation_end ON revocation (ends_at);
    `,
  ],
};
