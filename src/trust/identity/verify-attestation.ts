/**
 * The verification of a purpose key attestation (`identity.md` §8.3), twelve rules in this order:
 * envelope (1–4), expected subject (5), the subject's known history (6, 7), validity (8–11), signature (12).
 */
import { signedDigest } from './change.ts';
import { IdentityError, type IdentityErrorCode, decoding } from './errors.ts';
import type { Identifier } from './identifier.ts';
import {
  type PurposeKeyAttestation,
  type PurposeKeyAttestationData,
  decodePurposeKeyAttestationData,
} from './purpose-key-attestation.ts';
import { verifySignature } from './signing-key.ts';
import type { Identity } from './verify-history.ts';
import { DATA_VERSION, DataType, decodeVersionedData } from './versioned-data.ts';

/** Specification constant: how far in the future a `created_at` may lie, in seconds (`identity.md` §9). */
export const ALLOWED_FUTURE_SECONDS = 60;

/** What an attestation is verified against. */
export interface AttestationContext {
  /** When given, the attestation must be about this identity. */
  readonly expectedSubject?: Identifier | undefined;
  /** The verified known history of an identity; undefined when there is none. */
  readonly identityOf: (identifier: Identifier) => Promise<Identity | undefined>;
  /** Present time, Unix seconds. */
  readonly nowSeconds: number;
}

/**
 * Verifies `attestation` and returns what it states (`identity.md` §8.3).
 * @throws {IdentityError} IDENTITY_DECODE_FAILED, IDENTITY_ATTESTATION_FAILED, IDENTITY_INVALID_ATTESTATION_DATA_TYPE,
 *   IDENTITY_UNKNOWN, IDENTITY_SIGNATURE_TYPE_MISMATCH, and what verifying the subject's history raises
 */
export async function verifyPurposeKeyAttestation(
  attestation: PurposeKeyAttestation,
  context: AttestationContext,
): Promise<PurposeKeyAttestationData> {
  const envelope = decoding('purpose key attestation', () => decodeVersionedData(attestation.data), '8.3/1');
  if (envelope.version !== DATA_VERSION) throw failed('8.3/2', `the version ${envelope.version} is not known`);
  if (envelope.dataType !== DataType.purposeKeyAttestation) {
    throw failed('8.3/3', `the data type is ${envelope.dataType}`, 'IDENTITY_INVALID_ATTESTATION_DATA_TYPE');
  }
  const content = decoding(
    'purpose key attestation data',
    () => decodePurposeKeyAttestationData(envelope.data),
    '8.3/4',
  );
  const { subject } = content;
  if (context.expectedSubject !== undefined && subject !== context.expectedSubject) {
    throw failed('8.3/5', `the subject is ${subject}, not ${context.expectedSubject}`);
  }
  const identity = await context.identityOf(subject);
  if (identity === undefined) throw failed('8.3/6', `no history of ${subject} is known`, 'IDENTITY_UNKNOWN');
  const { latest } = identity;
  if (content.subjectLatestChangeHash !== latest.hash) throw failed('8.3/7', 'it does not name the latest change');
  if (content.expiresAt > latest.attestationsValidUntil) throw failed('8.3/8', 'it outlives the latest change');
  if (content.createdAt < latest.attestationsValidFrom) throw failed('8.3/9', 'it is older than the latest change');
  requireCurrentAttestation(content, context.nowSeconds);
  const digest = signedDigest(attestation.data);
  if (!verifySignature(latest.primaryPublicKey, digest, attestation.signature, '8.3/12')) {
    throw failed('8.3/12', 'its signature is not valid');
  }
  return content;
}

/**
 * The rules for what an attestation states whose outcome depends on the time, 8.3/10 and 8.3/11: all that is left to ask of one that
 * was verified before against the same history.
 * @throws {IdentityError} IDENTITY_ATTESTATION_FAILED
 */
export function requireCurrentAttestation(content: PurposeKeyAttestationData, nowSeconds: number): void {
  // A bigint and a number are compared by their exact mathematical values.
  if (content.createdAt > nowSeconds + ALLOWED_FUTURE_SECONDS) throw failed('8.3/10', 'it is from the future');
  if (content.expiresAt < nowSeconds) throw failed('8.3/11', 'it has expired');
}

function failed(
  check: string,
  message: string,
  code: IdentityErrorCode = 'IDENTITY_ATTESTATION_FAILED',
): IdentityError {
  return new IdentityError(code, `the purpose key attestation is refused: ${message}`, { check });
}
