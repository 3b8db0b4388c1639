import { toHex } from '../../kernel/bytes/index.ts';
import { quoted } from '../../kernel/errors/index.ts';
import type { Database, Row, SchemaPart } from '../../storage/database/index.ts';
import { NodeError } from '../errors.ts';
import { systemRandom } from '../system/index.ts';

/** The tables of spaces and of enrolled identities. The spaces of projects that were made before there was a table come with it. */
export const SPACE_TABLES: SchemaPart = {
  name: 'space',
  migrations: [
    `
    CREATE TABLE space (
      id TEXT PRIMARY KEY,
      name TEXT NOT NULL UNIQUE,
      is_default INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE identity_enrollment (
      identifier TEXT PRIMARY KEY,
      enrolled_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    INSERT INTO space (id, name, is_default)
      SELECT lower(hex(randomblob(16))), name, 0
      FROM (SELECT DISTINCT json_extract(hosted, '$.space') AS name FROM project WHERE hosted IS NOT NULL);
    UPDATE space SET is_default = 1 WHERE name = (SELECT min(name) FROM space);
    `,
  ],
};

/** A label under which projects of this machine are grouped. */
export interface Space {
  /** 32 hex digits. */
  readonly id: string;
  readonly name: string;
  readonly isDefault: boolean;
}

const COLUMNS = 'id, name, is_default';

/** The spaces of a home. */
export class SpaceRegistry {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  find(name: string): Space | undefined {
    const row = this.#database.get(`SELECT ${COLUMNS} FROM space WHERE name = ?`, name);
    return row && spaceOf(row);
  }

  default(): Space | undefined {
    const row = this.#database.get(`SELECT ${COLUMNS} FROM space WHERE is_default = 1`);
    return row && spaceOf(row);
  }

  /** The space of that name, or the default one. @throws {NodeError} NODE_UNKNOWN */
  get(name: string | undefined): Space {
    const space = name === undefined ? this.default() : this.find(name);
    if (space !== undefined) return space;
    throw new NodeError(
      'NODE_UNKNOWN',
      name === undefined ? 'There is no default space' : `The space ${quoted(name)} was not found`,
      { remedy: "see which there are with 'perigee space list'" },
    );
  }

  /** By name. */
  list(): readonly Space[] {
    return this.#database.all(`SELECT ${COLUMNS} FROM space ORDER BY name`).map(spaceOf);
  }

  /** The space of that name, made if there is none; the first one is the default. */
  ensure(name: string): Space {
    return this.#database.write(() => {
      const known = this.find(name);
      if (known !== undefined) return known;
      return this.put({ id: toHex(systemRandom(16)), name });
    });
  }

  /** Records a space that another database knew. */
  put({ id, name }: Pick<Space, 'id' | 'name'>): Space {
    return this.#database.write(() => {
      const isDefault = this.default() === undefined;
      this.#database.run(`INSERT INTO space (${COLUMNS}) VALUES (?, ?, ?)`, id, name, Number(isDefault));
      return { id, name, isDefault };
    });
  }

  setDefault(name: string): void {
    this.#database.run('UPDATE space SET is_default = (name = ?)', name);
  }

  /** Forgets a space; another one becomes the default when it was that. */
  delete(name: string): void {
    this.#database.write(() => {
      this.#database.run('DELETE FROM space WHERE name = ?', name);
      const [heir] = this.list();
      if (heir !== undefined && this.default() === undefined) this.setDefault(heir.name);
    });
  }
}

function spaceOf(row: Row): Space {
  return { id: row.text('id'), name: row.text('name'), isDefault: row.flag('is_default') };
}
