import { type Identifier, parseIdentifier } from '../../trust/identity/index.ts';
import type {
  EnrollmentToken,
  Member,
  MemberAttributes,
  MemberStore,
  TokenStore,
} from '../../project/authority/index.ts';
import type { Database } from '../database/index.ts';
import type { Row } from '../database/index.ts';

const MEMBER_COLUMNS = 'identifier, attributes, added_by, added_at, is_pre_trusted';
const TOKEN_COLUMNS = 'code_hash, issued_by, created_at, expires_at, uses_left, attributes';

/** Members in the table `authority_member`. */
export class SqliteMemberStore implements MemberStore {
  readonly #database: Database;
  readonly #authority: Identifier;

  /** @param authority whose members these are. */
  constructor(database: Database, authority: Identifier) {
    this.#database = database;
    this.#authority = authority;
  }

  async get(identifier: Identifier): Promise<Member | undefined> {
    const sql = `SELECT ${MEMBER_COLUMNS} FROM authority_member WHERE authority = ? AND identifier = ?`;
    const row = this.#database.get(sql, this.#authority, identifier);
    return row && memberOf(row);
  }

  async add(member: Member): Promise<boolean> {
    return this.#insert('INSERT', 'ON CONFLICT DO NOTHING', member) === 1;
  }

  async put(member: Member): Promise<void> {
    this.#insert('INSERT OR REPLACE', '', member);
  }

  async delete(identifier: Identifier): Promise<boolean> {
    const sql = 'DELETE FROM authority_member WHERE authority = ? AND identifier = ?';
    return this.#database.run(sql, this.#authority, identifier) === 1;
  }

  async list(): Promise<readonly Member[]> {
    const sql = `SELECT ${MEMBER_COLUMNS} FROM authority_member WHERE authority = ? ORDER BY identifier`;
    return this.#database.all(sql, this.#authority).map(memberOf);
  }

  async count(): Promise<number> {
    const sql = 'SELECT count(*) AS count FROM authority_member WHERE authority = ?';
    return this.#database.get(sql, this.#authority)?.integer('count') ?? 0;
  }

  async replacePreTrusted(members: readonly Member[]): Promise<void> {
    this.#database.write(() => {
      this.#database.run('DELETE FROM authority_member WHERE authority = ? AND is_pre_trusted = 1', this.#authority);
      for (const member of members) this.#insert('INSERT OR REPLACE', '', member);
    });
  }

  #insert(verb: string, onConflict: string, member: Member): number {
    return this.#database.run(
      `${verb} INTO authority_member (authority, ${MEMBER_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?) ${onConflict}`,
      this.#authority,
      member.identifier,
      attributesToText(member.attributes),
      member.addedBy,
      member.addedAtSeconds,
      Number(member.preTrusted),
    );
  }
}

/** Open invitations in the table `authority_enrollment_token`. */
export class SqliteTokenStore implements TokenStore {
  readonly #database: Database;
  readonly #authority: Identifier;

  /** @param authority whose invitations these are. */
  constructor(database: Database, authority: Identifier) {
    this.#database = database;
    this.#authority = authority;
  }

  async add(token: EnrollmentToken): Promise<void> {
    this.#database.run(
      `INSERT INTO authority_enrollment_token (authority, ${TOKEN_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)`,
      this.#authority,
      token.codeHash,
      token.issuedBy,
      token.createdAtSeconds,
      token.expiresAtSeconds,
      token.usesLeft,
      attributesToText(token.attributes),
    );
  }

  async use(codeHash: string, nowSeconds: number): Promise<EnrollmentToken | undefined> {
    return this.#database.write(() => {
      const row = this.#database.get(
        `SELECT ${TOKEN_COLUMNS} FROM authority_enrollment_token WHERE authority = ? AND code_hash = ? AND expires_at > ?`,
        this.#authority,
        codeHash,
        nowSeconds,
      );
      if (row === undefined) return undefined;
      const token = tokenOf(row);
      this.#database.run(
        token.usesLeft <= 1
          ? 'DELETE FROM authority_enrollment_token WHERE authority = ? AND code_hash = ?'
          : 'UPDATE authority_enrollment_token SET uses_left = uses_left - 1 WHERE authority = ? AND code_hash = ?',
        this.#authority,
        codeHash,
      );
      return token;
    });
  }

  async count(): Promise<number> {
    const sql = 'SELECT count(*) AS count FROM authority_enrollment_token WHERE authority = ?';
    return this.#database.get(sql, this.#authority)?.integer('count') ?? 0;
  }

  async deleteIssuedBy(issuer: Identifier): Promise<number> {
    const sql = 'DELETE FROM authority_enrollment_token WHERE authority = ? AND issued_by = ?';
    return this.#database.run(sql, this.#authority, issuer);
  }

  async deleteExpired(nowSeconds: number): Promise<number> {
    const sql = 'DELETE FROM authority_enrollment_token WHERE authority = ? AND expires_at <= ?';
    return this.#database.run(sql, this.#authority, nowSeconds);
  }
}

function memberOf(row: Row): Member {
  return {
    identifier: row.parsed('identifier', parseIdentifier),
    attributes: row.parsed('attributes', attributesFromText),
    addedBy: row.parsed('added_by', parseIdentifier),
    addedAtSeconds: row.integer('added_at'),
    preTrusted: row.flag('is_pre_trusted'),
  };
}

function tokenOf(row: Row): EnrollmentToken {
  return {
    codeHash: row.text('code_hash'),
    issuedBy: row.parsed('issued_by', parseIdentifier),
    createdAtSeconds: row.integer('created_at'),
    expiresAtSeconds: row.integer('expires_at'),
    usesLeft: row.integer('uses_left'),
    attributes: row.parsed('attributes', attributesFromText),
  };
}

/** JSON pairs, so that every text can be a name. */
function attributesToText(attributes: MemberAttributes): string {
  return JSON.stringify([...attributes]);
}

function attributesFromText(text: string): MemberAttributes {
  const pairs: unknown = JSON.parse(text);
  const isPair = (pair: unknown): pair is [string, string] =>
    Array.isArray(pair) && pair.length === 2 && pair.every((part) => typeof part === 'string');
  if (!Array.isArray(pairs) || !pairs.every(isPair)) throw new TypeError('not pairs of texts');
  return new Map(pairs);
}
