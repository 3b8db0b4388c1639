import { type CborReader, CborError, type CborWriter } from '../../kernel/cbor/index.ts';
import { compare, equal, fromUtf8, hasCode, toHex, utf8 } from '../../kernel/index.ts';

/** Specification constant: the schema of project members (`identity.md` §7). */
export const PROJECT_MEMBER_SCHEMA = 1n;

/** Ours: bounds what one credential can make a verifier keep. */
export const MAX_ATTRIBUTES = 256;

/** One attested fact; name and value are byte strings that usually hold UTF-8 text. */
export interface Attribute {
  readonly name: Uint8Array;
  readonly value: Uint8Array;
}

/** What an issuer attests about a subject (`identity.md` §7): names are unique and in bytewise order. */
export interface Attributes {
  /** Unsigned 64-bit; {@link PROJECT_MEMBER_SCHEMA} or any other number, which is not validated. */
  readonly schema: bigint;
  readonly entries: readonly Attribute[];
}

/**
 * The attributes with these names and values, both text.
 * @throws {RangeError} above {@link MAX_ATTRIBUTES}
 */
export function attributesOf(
  values: Readonly<Record<string, string>> | ReadonlyMap<string, string>,
  schema: bigint = PROJECT_MEMBER_SCHEMA,
): Attributes {
  const pairs = values instanceof Map ? [...values] : Object.entries(values as Readonly<Record<string, string>>);
  return { schema, entries: canonical(pairs.map(([name, value]) => ({ name: utf8(name), value: utf8(value) }))) };
}

/** The attributes whose name and value are both UTF-8 text, as policies read them; others cannot be named by a policy. */
export function attributeTexts(attributes: Attributes): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const { name, value } of attributes.entries) {
    const key = textOf(name);
    const text = textOf(value);
    if (key !== undefined && text !== undefined) texts.set(key, text);
  }
  return texts;
}

/** A copy of `attributes` that shares no memory with it. */
export function cloneAttributes({ schema, entries }: Attributes): Attributes {
  return {
    schema,
    entries: entries.map(({ name, value }) => ({ name: new Uint8Array(name), value: new Uint8Array(value) })),
  };
}

/** Whether `a` and `b` state the same. */
export function sameAttributes(a: Attributes, b: Attributes): boolean {
  return (
    a.schema === b.schema &&
    a.entries.length === b.entries.length &&
    a.entries.every((entry, index) => {
      const other = b.entries[index];
      return other !== undefined && equal(entry.name, other.name) && equal(entry.value, other.value);
    })
  );
}

/**
 * Writes `[schema, { name: value … }]`, names in bytewise order (`identity.md` §2).
 * @throws {RangeError} above {@link MAX_ATTRIBUTES}
 */
export function writeAttributes(writer: CborWriter, attributes: Attributes): void {
  const entries = canonical(attributes.entries);
  writer.array(2).uint(attributes.schema).map(entries.length);
  for (const { name, value } of entries) writer.bytes(name).bytes(value);
}

/**
 * Reads attributes in any order of names; of equal names the last one counts, as in the reference.
 * @throws {CborError} CBOR_TOO_LONG above {@link MAX_ATTRIBUTES}, and whatever else the reader finds.
 */
export function readAttributes(reader: CborReader): Attributes {
  const fields = reader.array();
  const schema = fields.required('schema', () => reader.uint64());
  const entries = fields.required('map', () => {
    const read: Attribute[] = [];
    const pairs = reader.map();
    while (pairs.more()) {
      if (read.length === MAX_ATTRIBUTES) {
        throw new CborError('CBOR_TOO_LONG', `a credential has more than ${MAX_ATTRIBUTES} attributes`);
      }
      read.push({ name: new Uint8Array(reader.bytes()), value: new Uint8Array(reader.bytes()) });
    }
    pairs.end();
    return read;
  });
  fields.end();
  return { schema, entries: canonical(entries) };
}

function canonical(entries: readonly Attribute[]): readonly Attribute[] {
  if (entries.length > MAX_ATTRIBUTES) {
    throw new RangeError(`attributes has ${entries.length} entries, above ${MAX_ATTRIBUTES}`);
  }
  const unique = new Map(entries.map((entry) => [toHex(entry.name), entry]));
  return [...unique.values()].sort((a, b) => compare(a.name, b.name));
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return fromUtf8(bytes);
  } catch (error) {
    if (hasCode(error, 'BYTES_INVALID_UTF8')) return undefined;
    throw error;
  }
}
