import { CborReader, CborWriter } from '../../kernel/cbor/index.ts';
import { sha256, sha256Hex } from '../crypto/index.ts';
import { readOwnedBytes } from './errors.ts';
import {
  type ChangeHash,
  HASH_LENGTH,
  changeHashFromBytes,
  changeHashFromDigest,
  changeHashToBytes,
} from './identifier.ts';
import {
  type SigningPublicKey,
  type TypedSignature,
  readSignature,
  readSignatureIfKnown,
  readSigningPublicKey,
  writeSignature,
  writeSigningPublicKey,
} from './signing-key.ts';
import { DataType, encodeVersionedData } from './versioned-data.ts';

/**
 * One signed link of a change history (`identity.md` §5.1).
 *
 * `data` is the byte string that was received or made, never a re-encoding: its hash is the change's name and the
 * signatures cover that hash.
 */
export interface Change {
  /** Encoded VersionedData around ChangeData. */
  readonly data: Uint8Array;
  /** By the key that this change introduces. */
  readonly signature: TypedSignature;
  /** By the key of the change before; undefined in the first change. */
  readonly previousSignature: TypedSignature | undefined;
}

/** What a change states (`identity.md` §5.1). Timestamps are unsigned 64-bit Unix seconds, hence `bigint`. */
export interface ChangeData {
  /** Undefined in the first change. */
  readonly previousChange: ChangeHash | undefined;
  readonly primaryPublicKey: SigningPublicKey;
  /** Carried and signed; no verifier evaluates it, since a newer change ends all earlier attestations anyway. */
  readonly revokeAllPurposeKeys: boolean;
  readonly attestationsValidFrom: bigint;
  readonly attestationsValidUntil: bigint;
}

/** What the signatures of an envelope with this `data` cover: its SHA-256 (`identity.md` §1). */
export function signedDigest(data: Uint8Array): Uint8Array {
  return sha256(data);
}

/** The hash of `change`, over its `data` as received. */
export function changeHashOf(change: Change): ChangeHash {
  return changeHashFromDigest(sha256Hex(change.data));
}

/** The `data` of a change that states `content`. */
export function encodeChangeData(content: ChangeData): Uint8Array {
  const writer = new CborWriter(128).array(5);
  if (content.previousChange === undefined) writer.null();
  else writer.bytes(changeHashToBytes(content.previousChange));
  writeSigningPublicKey(writer, content.primaryPublicKey);
  writer.bool(content.revokeAllPurposeKeys).uint(content.attestationsValidFrom).uint(content.attestationsValidUntil);
  return encodeVersionedData(DataType.change, writer.finish());
}

/**
 * Decodes the data inside the VersionedData of a change.
 * @throws {CborError}
 */
export function decodeChangeData(bytes: Uint8Array): ChangeData {
  const reader = new CborReader(bytes);
  const fields = reader.array();
  const previous = fields.optional(() => reader.bytes(HASH_LENGTH));
  const primaryPublicKey = fields.required('primary_public_key', () => readSigningPublicKey(reader));
  const revokeAllPurposeKeys = fields.required('revoke_all_purpose_keys', () => reader.bool());
  const attestationsValidFrom = fields.required('attestations_valid_from', () => reader.uint64());
  const attestationsValidUntil = fields.required('attestations_valid_until', () => reader.uint64());
  fields.end();
  const previousChange = previous === undefined ? undefined : changeHashFromBytes(previous);
  return { previousChange, primaryPublicKey, revokeAllPurposeKeys, attestationsValidFrom, attestationsValidUntil };
}

/** Writes `change`; a missing previous signature shortens the array (`identity.md` §13, pitfall 4). */
export function writeChange(writer: CborWriter, change: Change): void {
  writer.array(change.previousSignature === undefined ? 2 : 3).bytes(change.data);
  writeSignature(writer, change.signature);
  if (change.previousSignature !== undefined) writeSignature(writer, change.previousSignature);
}

/** @throws {CborError} */
export function readChange(reader: CborReader): Change {
  const fields = reader.array();
  const data = fields.required('data', () => readOwnedBytes(reader));
  const signature = fields.required('signature', () => readSignature(reader));
  const previousSignature = fields.optional(() => readSignatureIfKnown(reader));
  fields.end();
  return { data, signature, previousSignature };
}
