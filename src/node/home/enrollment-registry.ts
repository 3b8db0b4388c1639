import type { Identifier } from '../../trust/identity/index.ts';
import type { Database } from '../../storage/database/index.ts';

/** Which own identities went through `enroll`, and when. */
export class EnrollmentRegistry {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** When it was enrolled last, Unix seconds; undefined when it was not. */
  find(identifier: Identifier): number | undefined {
    const sql = 'SELECT enrolled_at FROM identity_enrollment WHERE identifier = ?';
    return this.#database.get(sql, identifier)?.integer('enrolled_at');
  }

  /** @param atSeconds Unix seconds. */
  put(identifier: Identifier, atSeconds: number): void {
    const sql = 'INSERT OR REPLACE INTO identity_enrollment (identifier, enrolled_at) VALUES (?, ?)';
    this.#database.run(sql, identifier, atSeconds);
  }
}
