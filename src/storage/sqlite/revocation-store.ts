import type { NumberedRevocation, Revocation, RevocationStore } from '../../project/authority/index.ts';
import { type Identifier, parseIdentifier } from '../../trust/identity/index.ts';
import type { Database, Row } from '../database/index.ts';

const COLUMNS = 'sequence, issuer, subject, revoked_at, ends_at';

/** Revocations in the table `revocation`: those of authorities that run in this home, and those that its nodes were told. */
export class SqliteRevocationStore implements RevocationStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async put({ issuer, subject, revokedAtSeconds, endsAtSeconds }: Revocation): Promise<void> {
    this.#database.run(
      'INSERT OR REPLACE INTO revocation (issuer, subject, revoked_at, ends_at) VALUES (?, ?, ?, ?)',
      issuer,
      subject,
      revokedAtSeconds,
      endsAtSeconds,
    );
  }

  async get(issuer: Identifier, subject: Identifier): Promise<NumberedRevocation | undefined> {
    const row = this.#database.get(
      `SELECT ${COLUMNS} FROM revocation WHERE issuer = ? AND subject = ?`,
      issuer,
      subject,
    );
    return row && revocationOf(row);
  }

  async list(issuer: Identifier, after: number, limit: number): Promise<readonly NumberedRevocation[]> {
    const sql = `SELECT ${COLUMNS} FROM revocation WHERE issuer = ? AND sequence > ? ORDER BY sequence LIMIT ?`;
    return this.#database.all(sql, issuer, after, limit).map(revocationOf);
  }

  async count(issuer: Identifier): Promise<number> {
    const row = this.#database.get('SELECT count(*) AS count FROM revocation WHERE issuer = ?', issuer);
    return row?.integer('count') ?? 0;
  }

  async deleteEnded(nowSeconds: number): Promise<number> {
    return this.#database.run('DELETE FROM revocation WHERE ends_at <= ?', nowSeconds);
  }
}

function revocationOf(row: Row): NumberedRevocation {
  return {
    sequence: row.integer('sequence'),
    issuer: row.parsed('issuer', parseIdentifier),
    subject: row.parsed('subject', parseIdentifier),
    revokedAtSeconds: row.integer('revoked_at'),
    endsAtSeconds: row.integer('ends_at'),
  };
}
