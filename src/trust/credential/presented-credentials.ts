import type { CborReader, CborWriter } from '../../kernel/cbor/index.ts';
import { type Identifier, IdentityError } from '../identity/index.ts';
import type { AttributeStore } from './attribute-store.ts';
import {
  type CredentialAndPurposeKey,
  readCredentialAndPurposeKey,
  writeCredentialAndPurposeKey,
} from './credential.ts';
import { CredentialError } from './errors.ts';
import { type CredentialContext, type VerifiedCredential, verifyCredential } from './verify-credential.ts';

/** Ours: the reference presents one at most; each costs us three signature verifications. */
export const MAX_PRESENTED_CREDENTIALS = 16;

/** Whether a credential that is valid in itself was taken back by its issuer (`project.md` §8). Must not throw. */
export type RevocationCheck = (credential: VerifiedCredential) => boolean;

/** Against what presented credentials are verified, and where their attributes go. */
export interface PresentedCredentialsContext extends Omit<CredentialContext, 'expectedSubject'> {
  readonly attributes: AttributeStore;
  /** Default: none is. */
  readonly isRevoked?: RevocationCheck | undefined;
}

/** What became of one presented credential; a refused one changes nothing but the local log. */
export type PresentedCredential =
  | { readonly accepted: true; readonly credential: VerifiedCredential }
  | { readonly accepted: false; readonly cause: CredentialError | IdentityError };

export function writePresentedCredentials(writer: CborWriter, credentials: readonly CredentialAndPurposeKey[]): void {
  writer.array(credentials.length);
  for (const credential of credentials) writeCredentialAndPurposeKey(writer, credential);
}

/** @throws {CborError} CBOR_TOO_LONG above {@link MAX_PRESENTED_CREDENTIALS}, and whatever else the reader finds. */
export function readPresentedCredentials(reader: CborReader): readonly CredentialAndPurposeKey[] {
  return reader.list(() => readCredentialAndPurposeKey(reader), MAX_PRESENTED_CREDENTIALS);
}

/**
 * Verifies what `peer` presents and stores the attributes of each valid credential (`identity.md` §12.1).
 *
 * A credential that is not valid is refused without harm to the others or to the channel: by it the peer merely has no
 * attributes. Without any authority every one is refused, unread. A failure of a store is not the peer's and is thrown.
 */
export async function acceptPresentedCredentials(
  presented: readonly CredentialAndPurposeKey[],
  peer: Identifier,
  context: PresentedCredentialsContext,
): Promise<readonly PresentedCredential[]> {
  const outcomes: PresentedCredential[] = [];
  for (const credential of presented) outcomes.push(await acceptOne(credential, peer, context));
  return outcomes;
}

async function acceptOne(
  presented: CredentialAndPurposeKey,
  peer: Identifier,
  context: PresentedCredentialsContext,
): Promise<PresentedCredential> {
  if (context.authorities.length === 0) {
    const message = 'the credential is ignored: no authority is configured';
    return { accepted: false, cause: new CredentialError('CREDENTIAL_UNKNOWN_AUTHORITY', message) };
  }
  let credential: VerifiedCredential;
  try {
    credential = await verifyCredential(presented, { ...context, expectedSubject: peer });
  } catch (cause) {
    if (cause instanceof CredentialError || cause instanceof IdentityError) return { accepted: false, cause };
    throw cause;
  }
  if (context.isRevoked?.(credential) === true) return revoked(credential);
  await context.attributes.put({
    subject: credential.subject,
    issuer: credential.issuer,
    attributes: credential.attributes,
    addedAtSeconds: context.nowSeconds,
    expiresAtSeconds: clampSeconds(credential.expiresAt),
  });
  // Asked again: a revocation that came while they were being stored has deleted them too early.
  if (context.isRevoked?.(credential) !== true) return { accepted: true, credential };
  await context.attributes.delete(credential.subject, credential.issuer);
  return revoked(credential);
}

function revoked({ subject, issuer }: VerifiedCredential): PresentedCredential {
  const cause = new CredentialError('CREDENTIAL_REVOKED', `${issuer} has taken back what it attested about ${subject}`);
  return { accepted: false, cause };
}

/** Beyond 2^53 seconds the difference to "for ever" is 285 million years. */
function clampSeconds(seconds: bigint): number {
  return Number(seconds < Number.MAX_SAFE_INTEGER ? seconds : Number.MAX_SAFE_INTEGER);
}
