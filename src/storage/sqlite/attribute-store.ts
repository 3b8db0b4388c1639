import { CborError, CborReader, CborWriter } from '../../kernel/cbor/index.ts';
import {
  type Attribute,
  type Attributes,
  type AttributesEntry,
  type AttributeStore,
  MAX_ATTRIBUTES,
} from '../../trust/credential/index.ts';
import type { Identifier } from '../../trust/identity/index.ts';
import type { Database } from '../database/index.ts';
import { StorageError } from '../database/index.ts';

/** Attributes of peers in the table `identity_attributes`: each node of a home learns its own. */
export class SqliteAttributeStore implements AttributeStore {
  readonly #database: Database;
  readonly #node: string;

  /** @param node whose attributes these are. */
  constructor(database: Database, node: string) {
    this.#database = database;
    this.#node = node;
  }

  async get(subject: Identifier, issuer: Identifier, nowSeconds: number): Promise<AttributesEntry | undefined> {
    const row = this.#database.get(
      `SELECT attributes, added_at, expires_at FROM identity_attributes
       WHERE node = ? AND subject = ? AND issuer = ? AND (expires_at IS NULL OR expires_at >= ?)`,
      this.#node,
      subject,
      issuer,
      nowSeconds,
    );
    return (
      row && {
        subject,
        issuer,
        attributes: decodeAttributes(row.bytes('attributes')),
        addedAtSeconds: row.integer('added_at'),
        expiresAtSeconds: row.optionalInteger('expires_at'),
      }
    );
  }

  async put(entry: AttributesEntry): Promise<void> {
    this.#database.run(
      `INSERT OR REPLACE INTO identity_attributes (node, subject, issuer, attributes, added_at, expires_at)
       VALUES (?, ?, ?, ?, ?, ?)`,
      this.#node,
      entry.subject,
      entry.issuer,
      encodeAttributes(entry.attributes),
      entry.addedAtSeconds,
      entry.expiresAtSeconds ?? null,
    );
  }

  async delete(subject: Identifier, issuer: Identifier): Promise<boolean> {
    const sql = 'DELETE FROM identity_attributes WHERE node = ? AND subject = ? AND issuer = ?';
    return this.#database.run(sql, this.#node, subject, issuer) === 1;
  }

  async deleteExpired(nowSeconds: number): Promise<number> {
    const sql = 'DELETE FROM identity_attributes WHERE node = ? AND expires_at < ?';
    return this.#database.run(sql, this.#node, nowSeconds);
  }
}

/** CBOR `[schema, [name, value, …]]`: the schema has 64 bits, names and values are any bytes, and their order is kept. */
function encodeAttributes({ schema, entries }: Attributes): Uint8Array {
  const writer = new CborWriter()
    .array(2)
    .uint(schema)
    .array(2 * entries.length);
  for (const { name, value } of entries) writer.bytes(name).bytes(value);
  return writer.finish();
}

function decodeAttributes(bytes: Uint8Array): Attributes {
  const reader = new CborReader(bytes);
  try {
    const fields = reader.array();
    const schema = fields.required('schema', () => reader.uint64());
    const parts = fields.required('entries', () =>
      reader.list(() => new Uint8Array(reader.bytes()), 2 * MAX_ATTRIBUTES),
    );
    fields.end();
    const entries: Attribute[] = [];
    for (let i = 0; i + 1 < parts.length; i += 2) {
      entries.push({ name: parts[i] as Uint8Array, value: parts[i + 1] as Uint8Array });
    }
    return { schema, entries };
  } catch (cause) {
    if (!(cause instanceof CborError)) throw cause;
    throw new StorageError('STORAGE_CORRUPT', 'stored attributes cannot be read', { cause });
  }
}
