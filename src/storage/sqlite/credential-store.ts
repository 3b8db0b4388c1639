import { parseIdentifier } from '../../trust/identity/index.ts';
import type { CredentialKey, CredentialStore, StoredCredential } from '../../project/enrollment/index.ts';
import type { Database } from '../database/index.ts';
import type { Row } from '../database/index.ts';

const COLUMNS = 'subject, issuer, scope, credential, expires_at';
const BY_KEY = 'node = ? AND subject = ? AND issuer = ? AND scope = ?';

/** Own credentials in the table `credential`: each node of a home has its own. */
export class SqliteCredentialStore implements CredentialStore {
  readonly #database: Database;
  readonly #node: string;

  /** @param node whose credentials these are. */
  constructor(database: Database, node: string) {
    this.#database = database;
    this.#node = node;
  }

  async get({ subject, issuer, scope }: CredentialKey): Promise<StoredCredential | undefined> {
    const sql = `SELECT ${COLUMNS} FROM credential WHERE ${BY_KEY}`;
    const row = this.#database.get(sql, this.#node, subject, issuer, scope);
    return row && credentialOf(row);
  }

  async put({ subject, issuer, scope, credential, expiresAtSeconds }: StoredCredential): Promise<void> {
    this.#database.run(
      `INSERT OR REPLACE INTO credential (node, ${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)`,
      this.#node,
      subject,
      issuer,
      scope,
      credential,
      expiresAtSeconds,
    );
  }

  async delete({ subject, issuer, scope }: CredentialKey): Promise<boolean> {
    return this.#database.run(`DELETE FROM credential WHERE ${BY_KEY}`, this.#node, subject, issuer, scope) === 1;
  }

  async list(): Promise<readonly StoredCredential[]> {
    const sql = `SELECT ${COLUMNS} FROM credential WHERE node = ? ORDER BY subject, issuer, scope`;
    return this.#database.all(sql, this.#node).map(credentialOf);
  }
}

function credentialOf(row: Row): StoredCredential {
  return {
    subject: row.parsed('subject', parseIdentifier),
    issuer: row.parsed('issuer', parseIdentifier),
    scope: row.text('scope'),
    credential: row.bytes('credential'),
    expiresAtSeconds: row.integer('expires_at'),
  };
}
