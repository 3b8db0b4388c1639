/**
 * The verification of a credential (`identity.md` §8.4), twelve rules in this order: the attestation of the key that signed it
 * (1), its issuer (2), the kind of key (3), the signature (4), envelope (5, 6), subject (7, 8), validity (9–12).
 */
import {
  ALLOWED_FUTURE_SECONDS,
  type AttestationContext,
  DATA_VERSION,
  DataType,
  type Identifier,
  decodeVersionedData,
  signedDigest,
  verifyPurposeKeyAttestation,
  verifySignature,
} from '../identity/index.ts';
import { type CredentialAndPurposeKey, type CredentialData, decodeCredentialData } from './credential.ts';
import { CredentialError, type CredentialErrorCode, decoding } from './errors.ts';

/** What a credential is verified against; `expectedSubject` is the subject of the credential, not of the attestation. */
export interface CredentialContext extends AttestationContext {
  /** Whose credentials count; none does when it is empty. */
  readonly authorities: readonly Identifier[];
}

/** What a valid credential states, and who states it. */
export interface VerifiedCredential extends CredentialData {
  readonly subject: Identifier;
  readonly issuer: Identifier;
}

/**
 * Verifies a credential and the attestation beside it; the issuer's history must be known already.
 * @throws {CredentialError} CREDENTIAL_UNKNOWN_AUTHORITY, CREDENTIAL_INVALID_KEY_TYPE, CREDENTIAL_VERIFICATION_FAILED,
 *   CREDENTIAL_DECODE_FAILED, CREDENTIAL_UNKNOWN_VERSION, CREDENTIAL_INVALID_DATA_TYPE
 * @throws {IdentityError} whatever the verification of the attestation or of the issuer's history raises
 */
export async function verifyCredential(
  { credential, purposeKeyAttestation }: CredentialAndPurposeKey,
  context: CredentialContext,
): Promise<VerifiedCredential> {
  const attestation = await verifyPurposeKeyAttestation(purposeKeyAttestation, {
    identityOf: context.identityOf,
    nowSeconds: context.nowSeconds,
  });
  const issuer = attestation.subject;
  if (!context.authorities.includes(issuer)) {
    throw failed('8.4/2', `the issuer ${issuer} is no accepted authority`, 'CREDENTIAL_UNKNOWN_AUTHORITY');
  }
  if (attestation.publicKey.kind !== 'credential-signing') {
    throw failed('8.4/3', 'the attested key is not for credentials', 'CREDENTIAL_INVALID_KEY_TYPE');
  }
  if (!verifySignature(attestation.publicKey.key, signedDigest(credential.data), credential.signature, '8.4/4')) {
    throw failed('8.4/4', 'its signature is not valid');
  }
  const envelope = decoding('credential', () => decodeVersionedData(credential.data), '8.4/5');
  if (envelope.version !== DATA_VERSION) {
    throw failed('8.4/5', `the version ${envelope.version} is not known`, 'CREDENTIAL_UNKNOWN_VERSION');
  }
  if (envelope.dataType !== DataType.credential) {
    throw failed('8.4/6', `the data type is ${envelope.dataType}`, 'CREDENTIAL_INVALID_DATA_TYPE');
  }
  const content = decoding('credential data', () => decodeCredentialData(envelope.data), '8.4/6');
  const { subject } = content;
  if (subject === undefined) throw failed('8.4/7', 'it has no subject');
  if (context.expectedSubject !== undefined && subject !== context.expectedSubject) {
    throw failed('8.4/8', `the subject is ${subject}, not ${context.expectedSubject}`);
  }
  if (content.createdAt < attestation.createdAt) throw failed('8.4/9', 'it is older than the key that signed it');
  if (content.expiresAt > attestation.expiresAt) throw failed('8.4/10', 'it outlives the key that signed it');
  // A bigint and a number are compared by their exact mathematical values.
  if (content.createdAt > context.nowSeconds + ALLOWED_FUTURE_SECONDS) throw failed('8.4/11', 'it is from the future');
  if (content.expiresAt < context.nowSeconds) throw failed('8.4/12', 'it has expired');
  return { ...content, subject, issuer };
}

function failed(
  check: string,
  message: string,
  code: CredentialErrorCode = 'CREDENTIAL_VERIFICATION_FAILED',
): CredentialError {
  return new CredentialError(code, `the credential is refused: ${message}`, { check });
}
