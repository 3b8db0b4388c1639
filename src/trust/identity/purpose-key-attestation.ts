import { CborReader, CborWriter } from '../../kernel/cbor/index.ts';
import { decoding, readOwnedBytes } from './errors.ts';
import {
  type ChangeHash,
  HASH_LENGTH,
  type Identifier,
  changeHashFromBytes,
  changeHashToBytes,
  identifierFromBytes,
  identifierToBytes,
} from './identifier.ts';
import {
  type SigningPublicKey,
  type TypedSignature,
  readSignature,
  readSigningPublicKey,
  writeSignature,
  writeSigningPublicKey,
} from './signing-key.ts';
import { readKnownVariant, writeVariant } from './variant.ts';
import { DataType, encodeVersionedData } from './versioned-data.ts';

/** Specification constant: bytes of an X25519 public key. */
const X25519_LENGTH = 32;

/** What a purpose key may be used for (`identity.md` §6). */
export type PurposeKeyKind = 'secure-channel' | 'credential-signing';

/** The key that an identity vouches for (`identity.md` §6). */
export type PurposePublicKey =
  | { readonly kind: 'secure-channel' /** X25519, 32 bytes. */; readonly key: Uint8Array }
  | { readonly kind: 'credential-signing'; readonly key: SigningPublicKey };

/** An identity's signed statement that a purpose key is its own; `data` is kept as received (`identity.md` §6). */
export interface PurposeKeyAttestation {
  /** Encoded VersionedData around PurposeKeyAttestationData. */
  readonly data: Uint8Array;
  /** By the primary key of the subject's latest change. */
  readonly signature: TypedSignature;
}

/** What an attestation states (`identity.md` §6). Timestamps are unsigned 64-bit Unix seconds. */
export interface PurposeKeyAttestationData {
  readonly subject: Identifier;
  readonly subjectLatestChangeHash: ChangeHash;
  readonly publicKey: PurposePublicKey;
  readonly createdAt: bigint;
  /** The last second at which the attestation is valid. */
  readonly expiresAt: bigint;
}

/** The `data` of an attestation that states `content`. */
export function encodePurposeKeyAttestationData(content: PurposeKeyAttestationData): Uint8Array {
  const writer = new CborWriter(192)
    .array(5)
    .bytes(identifierToBytes(content.subject))
    .bytes(changeHashToBytes(content.subjectLatestChangeHash));
  if (content.publicKey.kind === 'secure-channel') writeVariant(writer, 0, 1).bytes(content.publicKey.key);
  else writeSigningPublicKey(writeVariant(writer, 1, 1), content.publicKey.key);
  writer.uint(content.createdAt).uint(content.expiresAt);
  return encodeVersionedData(DataType.purposeKeyAttestation, writer.finish());
}

/**
 * Decodes the data inside the VersionedData of an attestation.
 * @throws {CborError}
 */
export function decodePurposeKeyAttestationData(bytes: Uint8Array): PurposeKeyAttestationData {
  const reader = new CborReader(bytes);
  const fields = reader.array();
  const subject = fields.required('subject', () => identifierFromBytes(reader.bytes(HASH_LENGTH)));
  const subjectLatestChangeHash = fields.required('subject_latest_change_hash', () =>
    changeHashFromBytes(reader.bytes(HASH_LENGTH)),
  );
  const publicKey = fields.required('public_key', () => readPurposePublicKey(reader));
  const createdAt = fields.required('created_at', () => reader.uint64());
  const expiresAt = fields.required('expires_at', () => reader.uint64());
  fields.end();
  return { subject, subjectLatestChangeHash, publicKey, createdAt, expiresAt };
}

export function writePurposeKeyAttestation(writer: CborWriter, attestation: PurposeKeyAttestation): void {
  writeSignature(writer.array(2).bytes(attestation.data), attestation.signature);
}

/** @throws {CborError} */
export function readPurposeKeyAttestation(reader: CborReader): PurposeKeyAttestation {
  const fields = reader.array();
  const data = fields.required('data', () => readOwnedBytes(reader));
  const signature = fields.required('signature', () => readSignature(reader));
  fields.end();
  return { data, signature };
}

/** The stored and exported form of an attestation (`identity.md` §10). */
export function encodePurposeKeyAttestation(attestation: PurposeKeyAttestation): Uint8Array {
  const writer = new CborWriter();
  writePurposeKeyAttestation(writer, attestation);
  return writer.finish();
}

/**
 * Decodes an attestation without verifying it; bytes after it are ignored.
 * @throws {IdentityError} IDENTITY_DECODE_FAILED
 */
export function decodePurposeKeyAttestation(bytes: Uint8Array): PurposeKeyAttestation {
  return decoding('purpose key attestation', () => readPurposeKeyAttestation(new CborReader(bytes)));
}

function readPurposePublicKey(reader: CborReader): PurposePublicKey {
  return readKnownVariant<PurposePublicKey>(reader, 'purpose public key', (index, fields) => {
    if (index === 0) {
      return {
        kind: 'secure-channel',
        key: fields.required('key', () => readOwnedBytes(reader, X25519_LENGTH)),
      };
    }
    if (index === 1) {
      return { kind: 'credential-signing', key: fields.required('key', () => readSigningPublicKey(reader)) };
    }
    return undefined;
  });
}
