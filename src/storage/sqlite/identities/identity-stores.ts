import type { ChangeHistoryStore, Identifier, PurposeKeyKind, PurposeKeyStore } from '../../../trust/identity/index.ts';
import type { Database } from '../../database/index.ts';

/** Change histories in the table `identity`, shared by all nodes of a home. */
export class SqliteChangeHistoryStore implements ChangeHistoryStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async get(identifier: Identifier): Promise<Uint8Array | undefined> {
    return this.#database
      .get('SELECT change_history FROM identity WHERE identifier = ?', identifier)
      ?.bytes('change_history');
  }

  /** One statement, hence atomic, whoever else writes. */
  async replace(identifier: Identifier, expected: Uint8Array | undefined, history: Uint8Array): Promise<boolean> {
    const changes =
      expected === undefined
        ? this.#database.run(
            'INSERT INTO identity (identifier, change_history) VALUES (?, ?) ON CONFLICT DO NOTHING',
            identifier,
            history,
          )
        : this.#database.run(
            'UPDATE identity SET change_history = ? WHERE identifier = ? AND change_history = ?',
            history,
            identifier,
            expected,
          );
    return changes === 1;
  }

  async delete(identifier: Identifier): Promise<boolean> {
    return this.#database.run('DELETE FROM identity WHERE identifier = ?', identifier) === 1;
  }
}

/** Attestations of own purpose keys in the table `purpose_key`, shared by all nodes of a home. */
export class SqlitePurposeKeyStore implements PurposeKeyStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async get(identifier: Identifier, kind: PurposeKeyKind): Promise<Uint8Array | undefined> {
    const sql = 'SELECT attestation FROM purpose_key WHERE identifier = ? AND kind = ?';
    return this.#database.get(sql, identifier, kind)?.bytes('attestation');
  }

  async put(identifier: Identifier, kind: PurposeKeyKind, attestation: Uint8Array): Promise<void> {
    this.#database.run(
      'INSERT OR REPLACE INTO purpose_key (identifier, kind, attestation) VALUES (?, ?, ?)',
      identifier,
      kind,
      attestation,
    );
  }

  async delete(identifier: Identifier, kind: PurposeKeyKind): Promise<boolean> {
    return this.#database.run('DELETE FROM purpose_key WHERE identifier = ? AND kind = ?', identifier, kind) === 1;
  }
}
