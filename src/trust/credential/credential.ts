import { CborReader, CborWriter } from '../../kernel/cbor/index.ts';
import { BytesError, fromHex, quoted, toHex } from '../../kernel/index.ts';
import {
  type ChangeHash,
  DataType,
  HASH_LENGTH,
  type Identifier,
  type PurposeKeyAttestation,
  type TypedSignature,
  changeHashFromBytes,
  changeHashToBytes,
  encodeVersionedData,
  identifierFromBytes,
  identifierToBytes,
  readPurposeKeyAttestation,
  readSignature,
  writePurposeKeyAttestation,
  writeSignature,
} from '../identity/index.ts';
import { type Attributes, readAttributes, writeAttributes } from './attributes.ts';
import { CredentialError, decoding } from './errors.ts';

/** Ours: a longer credential fits no handshake message (`identity.md` §11), so no peer could ever present it. */
export const MAX_CREDENTIAL_BYTES = 65_535;

/** Attributes signed by an issuer's credential purpose key; `data` is kept as received (`identity.md` §7). */
export interface Credential {
  /** Encoded VersionedData around CredentialData. */
  readonly data: Uint8Array;
  readonly signature: TypedSignature;
}

/** What a credential states (`identity.md` §7). Timestamps are unsigned 64-bit Unix seconds. */
export interface CredentialData {
  /** Issuers always set it; verifiers refuse a credential without. */
  readonly subject?: Identifier | undefined;
  /** Set by issuers; not evaluated. */
  readonly subjectLatestChangeHash?: ChangeHash | undefined;
  readonly attributes: Attributes;
  readonly createdAt: bigint;
  /** The last second at which the credential is valid. */
  readonly expiresAt: bigint;
}

/** A credential with the proof of the key that signed it, as it is presented and issued (`identity.md` §7). */
export interface CredentialAndPurposeKey {
  readonly credential: Credential;
  /** The issuer's, of the kind credential-signing. */
  readonly purposeKeyAttestation: PurposeKeyAttestation;
}

/** The `data` of a credential that states `content`. */
export function encodeCredentialData(content: CredentialData): Uint8Array {
  const writer = new CborWriter().array(5);
  if (content.subject === undefined) writer.null();
  else writer.bytes(identifierToBytes(content.subject));
  if (content.subjectLatestChangeHash === undefined) writer.null();
  else writer.bytes(changeHashToBytes(content.subjectLatestChangeHash));
  writeAttributes(writer, content.attributes);
  writer.uint(content.createdAt).uint(content.expiresAt);
  return encodeVersionedData(DataType.credential, writer.finish());
}

/**
 * Decodes the data inside the VersionedData of a credential.
 * @throws {CborError}
 */
export function decodeCredentialData(bytes: Uint8Array): CredentialData {
  const reader = new CborReader(bytes);
  const fields = reader.array();
  const subject = fields.optional(() => identifierFromBytes(reader.bytes(HASH_LENGTH)));
  const subjectLatestChangeHash = fields.optional(() => changeHashFromBytes(reader.bytes(HASH_LENGTH)));
  const attributes = fields.required('subject_attributes', () => readAttributes(reader));
  const createdAt = fields.required('created_at', () => reader.uint64());
  const expiresAt = fields.required('expires_at', () => reader.uint64());
  fields.end();
  return { subject, subjectLatestChangeHash, attributes, createdAt, expiresAt };
}

export function writeCredential(writer: CborWriter, credential: Credential): void {
  writeSignature(writer.array(2).bytes(credential.data), credential.signature);
}

/** @throws {CborError} */
export function readCredential(reader: CborReader): Credential {
  const fields = reader.array();
  const data = fields.required('data', () => new Uint8Array(reader.bytes()));
  const signature = fields.required('signature', () => readSignature(reader));
  fields.end();
  return { data, signature };
}

export function writeCredentialAndPurposeKey(writer: CborWriter, value: CredentialAndPurposeKey): void {
  writer.array(2);
  writeCredential(writer, value.credential);
  writePurposeKeyAttestation(writer, value.purposeKeyAttestation);
}

/** @throws {CborError} */
export function readCredentialAndPurposeKey(reader: CborReader): CredentialAndPurposeKey {
  const fields = reader.array();
  const credential = fields.required('credential', () => readCredential(reader));
  const purposeKeyAttestation = fields.required('purpose_key_attestation', () => readPurposeKeyAttestation(reader));
  fields.end();
  return { credential, purposeKeyAttestation };
}

/**
 * The form in which a credential is stored and answered by its issuer (`identity.md` §10).
 * @throws {CredentialError} CREDENTIAL_TOO_LONG above {@link MAX_CREDENTIAL_BYTES}
 */
export function encodeCredentialAndPurposeKey(value: CredentialAndPurposeKey): Uint8Array {
  const writer = new CborWriter(512);
  writeCredentialAndPurposeKey(writer, value);
  checkLength(writer.length);
  return writer.finish();
}

/**
 * Decodes a credential and its attestation without verifying them; bytes after them are ignored.
 * @throws {CredentialError} CREDENTIAL_TOO_LONG, CREDENTIAL_DECODE_FAILED
 */
export function decodeCredentialAndPurposeKey(bytes: Uint8Array): CredentialAndPurposeKey {
  checkLength(bytes.length);
  return decoding('credential', () => readCredentialAndPurposeKey(new CborReader(bytes)));
}

/** The text form: lower-case hex. @throws {CredentialError} CREDENTIAL_TOO_LONG */
export function credentialToHex(value: CredentialAndPurposeKey): string {
  return toHex(encodeCredentialAndPurposeKey(value));
}

/**
 * Decodes the text form: hex of either case, no prefix, no white space.
 * @throws {CredentialError} CREDENTIAL_TOO_LONG, CREDENTIAL_DECODE_FAILED
 */
export function credentialFromHex(text: string): CredentialAndPurposeKey {
  checkLength(text.length / 2);
  try {
    return decodeCredentialAndPurposeKey(fromHex(text));
  } catch (cause) {
    if (!(cause instanceof BytesError)) throw cause;
    throw new CredentialError('CREDENTIAL_DECODE_FAILED', `the credential is not hex: ${quoted(text)}`, { cause });
  }
}

function checkLength(bytes: number): void {
  if (bytes > MAX_CREDENTIAL_BYTES) {
    throw new CredentialError(
      'CREDENTIAL_TOO_LONG',
      `a credential has at most ${MAX_CREDENTIAL_BYTES} bytes, not ${bytes}`,
    );
  }
}
