/** What requests to an authority and its answers carry (`project.md` §4.2): CBOR, decoded with every length bounded. */
import { CborError, CborReader, CborWriter } from '../../kernel/cbor/index.ts';
import { compare, fromUtf8, utf8 } from '../../kernel/index.ts';
import { HASH_LENGTH, type Identifier, identifierFromBytes, identifierToBytes } from '../../trust/identity/index.ts';
import type { MemberAttributes } from './attribute-names.ts';

/** Ours: with these a credential always fits a handshake message. */
export const MAX_MEMBER_ATTRIBUTES = 100;
export const MAX_ATTRIBUTES_BYTES = 8192;
/** Specification: bytes of a one-time code. */
export const CODE_LENGTH = 32;
/** Ours: longest access token of an identity provider, characters; real ones have a few thousand. */
export const MAX_ACCESS_TOKEN_LENGTH = 16_384;
/** Ours: what a client reads of a list; more than an answer has room for. */
const MAX_LISTED = 65_536;

/** Specification: the only kind of access token. */
const BEARER = 0;

/** A request to add a member. */
export interface AddMember {
  readonly identifier: Identifier;
  readonly attributes: MemberAttributes;
}

/** A request for an invitation. */
export interface CreateToken {
  readonly attributes: MemberAttributes;
  readonly ttlSeconds?: number | undefined;
  readonly uses?: number | undefined;
}

/** What an authority tells of a member. */
export interface MemberEntry {
  readonly attributes: MemberAttributes;
  /** Unix seconds. */
  readonly addedAtSeconds: number;
  readonly expiresAtSeconds?: number | undefined;
  readonly attestedBy?: Identifier | undefined;
}

/** CBOR `{1: identifier, 2: attributes}`. */
export function encodeAddMember({ identifier, attributes }: AddMember): Uint8Array {
  const writer = new CborWriter().map(2).uint(1).bytes(identifierToBytes(identifier)).uint(2);
  writeTexts(writer, attributes);
  return writer.finish();
}

/** @throws {CborError} */
export function decodeAddMember(bytes: Uint8Array): AddMember {
  const reader = new CborReader(bytes);
  let identifier: Identifier | undefined;
  let attributes: MemberAttributes | undefined;
  readFields(reader, (key) => {
    if (key === 1) identifier = readIdentifier(reader);
    else if (key === 2) attributes = readTexts(reader);
    else reader.skip();
  });
  return { identifier: needed('identifier', identifier), attributes: needed('attributes', attributes) };
}

/** CBOR `{1: attributes, 2: ttl?, 3: uses?}`. */
export function encodeCreateToken({ attributes, ttlSeconds, uses }: CreateToken): Uint8Array {
  const writer = new CborWriter().map(1 + Number(ttlSeconds !== undefined) + Number(uses !== undefined)).uint(1);
  writeTexts(writer, attributes);
  if (ttlSeconds !== undefined) writer.uint(2).uint(ttlSeconds);
  if (uses !== undefined) writer.uint(3).uint(uses);
  return writer.finish();
}

/** @throws {CborError} */
export function decodeCreateToken(bytes: Uint8Array): CreateToken {
  const reader = new CborReader(bytes);
  let attributes: MemberAttributes | undefined;
  let ttlSeconds: number | undefined;
  let uses: number | undefined;
  readFields(reader, (key) => {
    if (key === 1) attributes = readTexts(reader);
    else if (key === 2) ttlSeconds = reader.takeNull() ? undefined : reader.uint();
    else if (key === 3) uses = reader.takeNull() ? undefined : reader.uint();
    else reader.skip();
  });
  return { attributes: needed('attributes', attributes), ttlSeconds, uses };
}

/** CBOR `{1: code}`. */
export function encodeOneTimeCode(code: Uint8Array): Uint8Array {
  return new CborWriter(40).map(1).uint(1).bytes(code).finish();
}

/** The code, 32 new bytes. @throws {CborError} */
export function decodeOneTimeCode(bytes: Uint8Array): Uint8Array {
  const reader = new CborReader(bytes);
  let code: Uint8Array | undefined;
  readFields(reader, (key) => {
    if (key === 1) code = new Uint8Array(reader.bytes(CODE_LENGTH));
    else reader.skip();
  });
  return needed('code', code);
}

/** CBOR `{1: 0 for Bearer, 2: access token}`. */
export function encodeAccessToken(token: string): Uint8Array {
  return new CborWriter(64 + token.length).map(2).uint(1).uint(BEARER).uint(2).text(token).finish();
}

/** The access token. @throws {CborError} also for a kind of token other than Bearer, and for one that no header can carry */
export function decodeAccessToken(bytes: Uint8Array): string {
  const reader = new CborReader(bytes);
  let kind: number | undefined;
  let token: string | undefined;
  readFields(reader, (key) => {
    if (key === 1) kind = reader.uint();
    else if (key === 2) token = reader.text();
    else reader.skip();
  });
  if (needed('token type', kind) !== BEARER) throw new CborError('CBOR_OUT_OF_RANGE', 'the token is no Bearer token');
  const text = needed('access token', token);
  if (text.length > MAX_ACCESS_TOKEN_LENGTH) throw tooLong(`an access token of ${text.length} characters`);
  if (!/^[\x21-\x7e]+$/.test(text)) throw new CborError('CBOR_OUT_OF_RANGE', 'no access token has such characters');
  return text;
}

/** CBOR of what is told of one member. */
export function encodeMemberEntry(entry: MemberEntry): Uint8Array {
  const writer = new CborWriter();
  writeMemberEntry(writer, entry);
  return writer.finish();
}

/** @throws {CborError} */
export function decodeMemberEntry(bytes: Uint8Array): MemberEntry {
  return readMemberEntry(new CborReader(bytes));
}

/** CBOR `{identifier: entry}`. */
export function encodeMemberList(members: ReadonlyMap<Identifier, MemberEntry>): Uint8Array {
  const writer = new CborWriter(4096).map(members.size);
  for (const [identifier, entry] of members) {
    writer.bytes(identifierToBytes(identifier));
    writeMemberEntry(writer, entry);
  }
  return writer.finish();
}

/** @throws {CborError} */
export function decodeMemberList(bytes: Uint8Array): ReadonlyMap<Identifier, MemberEntry> {
  const reader = new CborReader(bytes);
  const members = new Map<Identifier, MemberEntry>();
  const pairs = reader.map();
  while (pairs.more()) {
    if (members.size === MAX_LISTED) throw tooLong(`a list of more than ${MAX_LISTED} members`);
    members.set(readIdentifier(reader), readMemberEntry(reader));
  }
  pairs.end();
  return members;
}

/** CBOR array of identifiers. */
export function encodeIdentifiers(identifiers: readonly Identifier[]): Uint8Array {
  const writer = new CborWriter(40 * identifiers.length + 8).array(identifiers.length);
  for (const identifier of identifiers) writer.bytes(identifierToBytes(identifier));
  return writer.finish();
}

/** @throws {CborError} */
export function decodeIdentifiers(bytes: Uint8Array): readonly Identifier[] {
  const reader = new CborReader(bytes);
  return reader.list(() => readIdentifier(reader), MAX_LISTED);
}

function writeMemberEntry(writer: CborWriter, entry: MemberEntry): void {
  const { attributes, addedAtSeconds, expiresAtSeconds, attestedBy } = entry;
  writer.map(2 + Number(expiresAtSeconds !== undefined) + Number(attestedBy !== undefined));
  writer.uint(1).map(attributes.size);
  for (const [name, value] of inOrder(attributes)) {
    writeNumbers(writer, name);
    writeNumbers(writer, utf8(value));
  }
  writer.uint(2).uint(addedAtSeconds);
  if (expiresAtSeconds !== undefined) writer.uint(3).uint(expiresAtSeconds);
  if (attestedBy !== undefined) writer.uint(4).bytes(identifierToBytes(attestedBy));
}

function readMemberEntry(reader: CborReader): MemberEntry {
  let attributes: MemberAttributes | undefined;
  let addedAtSeconds: number | undefined;
  let expiresAtSeconds: number | undefined;
  let attestedBy: Identifier | undefined;
  readFields(reader, (key) => {
    if (key === 1) attributes = readAttributeMap(reader, () => fromUtf8Item(readNumbers(reader)));
    else if (key === 2) addedAtSeconds = reader.uint();
    else if (key === 3) expiresAtSeconds = reader.takeNull() ? undefined : reader.uint();
    else if (key === 4) attestedBy = reader.takeNull() ? undefined : readIdentifier(reader);
    else reader.skip();
  });
  return {
    attributes: needed('attributes', attributes),
    addedAtSeconds: needed('added at', addedAtSeconds),
    expiresAtSeconds,
    attestedBy,
  };
}

function writeTexts(writer: CborWriter, attributes: MemberAttributes): void {
  writer.map(attributes.size);
  for (const [name, value] of inOrder(attributes)) writer.text(fromUtf8(name)).text(value);
}

function readTexts(reader: CborReader): MemberAttributes {
  return readAttributeMap(reader, () => reader.text());
}

function readAttributeMap(reader: CborReader, readText: () => string): MemberAttributes {
  const attributes = new Map<string, string>();
  const start = reader.position;
  const pairs = reader.map();
  while (pairs.more()) {
    attributes.set(readText(), readText());
    if (attributes.size > MAX_MEMBER_ATTRIBUTES) throw tooLong(`more than ${MAX_MEMBER_ATTRIBUTES} attributes`);
    // A byte takes at most two in the form of entries.
    if (reader.position - start > 2 * MAX_ATTRIBUTES_BYTES + 1024) throw attributesTooLong();
  }
  pairs.end();
  if (attributesLength(attributes) > MAX_ATTRIBUTES_BYTES) throw attributesTooLong();
  return attributes;
}

/** UTF-8 bytes of all names and values. */
export function attributesLength(attributes: MemberAttributes): number {
  let length = 0;
  for (const [name, value] of attributes) length += utf8(name).length + utf8(value).length;
  return length;
}

/** Bytes as an array of numbers: the form of entries. */
function writeNumbers(writer: CborWriter, bytes: Uint8Array): void {
  writer.array(bytes.length);
  for (const byte of bytes) writer.uint(byte);
}

function readNumbers(reader: CborReader): Uint8Array {
  if (reader.peek() === 'bytes') return reader.bytes();
  return Uint8Array.from(reader.list(() => reader.uint(255), MAX_ATTRIBUTES_BYTES));
}

function fromUtf8Item(bytes: Uint8Array): string {
  try {
    return fromUtf8(bytes);
  } catch (cause) {
    throw new CborError('CBOR_INVALID_UTF8', 'an attribute is not valid UTF-8', { cause });
  }
}

/** By the bytes of their names, so that equal attributes are equal bytes. */
function inOrder(attributes: MemberAttributes): [Uint8Array, string][] {
  const pairs = [...attributes].map(([name, value]): [Uint8Array, string] => [utf8(name), value]);
  return pairs.sort(([a], [b]) => compare(a, b));
}

function readIdentifier(reader: CborReader): Identifier {
  return identifierFromBytes(reader.bytes(HASH_LENGTH));
}

function readFields(reader: CborReader, read: (key: number) => void): void {
  const pairs = reader.map();
  while (pairs.more()) read(reader.uint());
  pairs.end();
}

function needed<T>(name: string, value: T | undefined): T {
  if (value === undefined) throw new CborError('CBOR_MISSING_FIELD', `the field "${name}" is missing`);
  return value;
}

function attributesTooLong(): CborError {
  return tooLong(`attributes of more than ${MAX_ATTRIBUTES_BYTES} bytes`);
}

function tooLong(what: string): CborError {
  return new CborError('CBOR_TOO_LONG', `${what} are not accepted`);
}
