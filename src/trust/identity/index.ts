/**
 * Who is who: self-certifying identities, their change histories and the purpose keys they vouch for.
 *
 * Specification: `docs/protocol/identity.md` §1–§6, §8.1–§8.3 · layer 1, no input or output; vault, stores, time are passed in.
 * Read: identifier.ts, change.ts, verify-history.ts, purpose-key-attestation.ts, verify-attestation.ts, identities.ts,
 * purpose-keys.ts.
 * Invariants: signed bytes are kept as received; an `Identity` is a verified history; timestamps inside signed data are `bigint`.
 * Vectors: `vectors.test.ts` · suites of the stores: `conformance.ts`.
 */
export {
  type Change,
  type ChangeData,
  changeHashOf,
  decodeChangeData,
  encodeChangeData,
  signedDigest,
} from './change.ts';
export {
  type ChangeHistory,
  changeHistoryFromHex,
  changeHistoryToHex,
  compareHistories,
  decodeChangeHistory,
  encodeChangeHistory,
  type HistoryRelation,
  MAX_CHANGES,
  MAX_HISTORY_BYTES,
  readChangeHistory,
  writeChangeHistory,
} from './change-history.ts';
export { IdentityError, type IdentityErrorCode } from './errors.ts';
export {
  type ChangeHash,
  changeHashFromBytes,
  changeHashToBytes,
  HASH_LENGTH,
  type Identifier,
  identifierFromBytes,
  identifierOf,
  identifierToBytes,
  isIdentifier,
  parseChangeHash,
  parseIdentifier,
} from './identifier.ts';
export { Identities, type IdentitiesOptions, type IdentityKeyOptions } from './identities.ts';
export { attestPurposeKey, PURPOSE_KEY_TTL_SECONDS } from './issue-attestation.ts';
export {
  type ChangeTerms,
  createHistory,
  extendHistory,
  IDENTITY_KEY_TTL_SECONDS,
  primaryKeyHandle,
  signData,
  signingPublicKeyOf,
} from './issue-change.ts';
export {
  decodePurposeKeyAttestation,
  decodePurposeKeyAttestationData,
  encodePurposeKeyAttestation,
  encodePurposeKeyAttestationData,
  type PurposeKeyAttestation,
  type PurposeKeyAttestationData,
  type PurposeKeyKind,
  type PurposePublicKey,
  readPurposeKeyAttestation,
  writePurposeKeyAttestation,
} from './purpose-key-attestation.ts';
export {
  type OwnPurposeKey,
  type PurposeKeyReplaced,
  PurposeKeys,
  type PurposeKeysOptions,
} from './purpose-keys.ts';
export { type RecentBounds, RecentByDigest } from './recent-by-digest.ts';
export {
  readSignature,
  type SigningPublicKey,
  type TypedSignature,
  verifySignature,
  writeSignature,
} from './signing-key.ts';
export {
  type ChangeHistoryStore,
  MemoryChangeHistoryStore,
  MemoryPurposeKeyStore,
  type PurposeKeyStore,
} from './store.ts';
export {
  ALLOWED_FUTURE_SECONDS,
  type AttestationContext,
  requireCurrentAttestation,
  verifyPurposeKeyAttestation,
} from './verify-attestation.ts';
export { type Identity, type VerifiedChange, verifyHistory } from './verify-history.ts';
export {
  DATA_VERSION,
  DataType,
  decodeVersionedData,
  encodeVersionedData,
  type VersionedData,
} from './versioned-data.ts';
