import { quoted } from '../../kernel/errors/index.ts';
import type { Identifier } from '../../trust/identity/index.ts';
import type { Database, Row } from '../../storage/database/index.ts';
import { NodeError } from '../errors.ts';

/** An own identity under the name its user gave it. */
export interface NamedIdentity {
  readonly name: string;
  readonly identifier: Identifier;
  readonly vault: string;
  readonly isDefault: boolean;
}

const COLUMNS = 'name, identifier, vault, is_default';

/** The names of own identities. */
export class IdentityRegistry {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  get(name: string): NamedIdentity | undefined {
    const row = this.#database.get(`SELECT ${COLUMNS} FROM named_identity WHERE name = ?`, name);
    return row && identityOf(row);
  }

  /** As {@link get}, for a name that must be known. @throws {NodeError} NODE_UNKNOWN */
  require(name: string): NamedIdentity {
    const found = this.get(name);
    if (found !== undefined) return found;
    throw new NodeError('NODE_UNKNOWN', `no identifier found with name ${quoted(name)}`);
  }

  default(): NamedIdentity | undefined {
    const row = this.#database.get(`SELECT ${COLUMNS} FROM named_identity WHERE is_default = 1`);
    return row && identityOf(row);
  }

  /** By name. */
  list(): readonly NamedIdentity[] {
    return this.#database.all(`SELECT ${COLUMNS} FROM named_identity ORDER BY name`).map(identityOf);
  }

  /** Adds a name; the first one is the default. Returns what stands under it: that of another process if it was faster. */
  add(name: string, identifier: Identifier, vault: string): NamedIdentity {
    return this.#database.write(() => {
      const existing = this.get(name);
      if (existing !== undefined) return existing;
      const isDefault = this.default() === undefined;
      this.#database.run(
        `INSERT INTO named_identity (${COLUMNS}) VALUES (?, ?, ?, ?)`,
        name,
        identifier,
        vault,
        Number(isDefault),
      );
      return { name, identifier, vault, isDefault };
    });
  }

  setDefault(name: string): void {
    this.#database.run('UPDATE named_identity SET is_default = (name = ?)', name);
  }

  /** Forgets a name; another one becomes the default when it was that. Returns whether it was known. */
  delete(name: string): boolean {
    return this.#database.write(() => {
      const wasKnown = this.#database.run('DELETE FROM named_identity WHERE name = ?', name) === 1;
      this.#database.run(
        'DELETE FROM identity_enrollment WHERE identifier NOT IN (SELECT identifier FROM named_identity)',
      );
      const [heir] = this.list();
      if (heir !== undefined && this.default() === undefined) this.setDefault(heir.name);
      return wasKnown;
    });
  }
}

function identityOf(row: Row): NamedIdentity {
  return {
    name: row.text('name'),
    identifier: row.parsed('identifier', identifierOf),
    vault: row.text('vault'),
    isDefault: row.flag('is_default'),
  };
}

/** As `parseIdentifier`; that one's room is a large one to load for commands that only list. */
function identifierOf(text: string): Identifier {
  if (/^I[0-9a-f]{64}$/.test(text)) return text as Identifier;
  throw new TypeError('not an identifier');
}
