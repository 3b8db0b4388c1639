import {
  type CredentialAndPurposeKey,
  CredentialError,
  type VerifiedCredential,
  verifyCredential,
} from '../../trust/credential/index.ts';
import { type Identifier, type Identities, IdentityError } from '../../trust/identity/index.ts';
import { EnrollmentError } from './errors.ts';

/** A credential about ourselves that passed every check a peer will make. */
export interface MemberCredential {
  readonly encoded: CredentialAndPurposeKey;
  readonly content: VerifiedCredential;
}

/**
 * Verifies a credential that `issuer` gave to `subject`, as peers will (`identity.md` §8.4).
 * @throws {EnrollmentError} ENROLLMENT_INVALID_ANSWER
 */
export async function verifyOwnCredential(
  encoded: CredentialAndPurposeKey,
  { identities, subject, issuer }: { identities: Identities; subject: Identifier; issuer: Identifier },
): Promise<MemberCredential> {
  try {
    const content = await verifyCredential(encoded, {
      authorities: [issuer],
      expectedSubject: subject,
      identityOf: identities.find,
      nowSeconds: identities.nowSeconds(),
    });
    return { encoded, content };
  } catch (cause) {
    if (!(cause instanceof CredentialError) && !(cause instanceof IdentityError)) throw cause;
    throw new EnrollmentError('ENROLLMENT_INVALID_ANSWER', `a credential cannot be used: ${cause.message}`, { cause });
  }
}

/** The last second at which a credential is valid; for ever is 2^53−1. */
export function expiryOf({ content }: MemberCredential): number {
  return Number(content.expiresAt < Number.MAX_SAFE_INTEGER ? content.expiresAt : Number.MAX_SAFE_INTEGER);
}
