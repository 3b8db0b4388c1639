import { SqliteCredentialStore, SqlitePurposeKeyStore } from '../../storage/sqlite/index.ts';
import {
  type CredentialAndPurposeKey,
  type CredentialTerms,
  decodeCredentialAndPurposeKey,
  encodeCredentialAndPurposeKey,
  issueCredential,
  type VerifiedCredential,
  verifyCredential,
} from '../../trust/credential/index.ts';
import { type Identifier, PurposeKeys } from '../../trust/identity/index.ts';
import { hasCode } from '../../kernel/index.ts';
import type { Home } from '../home/index.ts';
import { identitiesOf } from '../identity/index.ts';

/** A credential that a node has. */
export interface KeptCredential {
  readonly credential: CredentialAndPurposeKey;
  readonly subject: Identifier;
  readonly issuer: Identifier;
  readonly scope: string;
  /** What it states; undefined when it is not valid any more. */
  readonly verified: VerifiedCredential | undefined;
}

/**
 * Issues a credential in the name of an own identity; the subject need not be known.
 * @throws {RangeError} · {CredentialError} CREDENTIAL_TOO_LONG · {VaultError} VAULT_UNKNOWN_KEY for an issuer without a key here
 */
export function issueFor(
  home: Home,
  issuer: Identifier,
  terms: Omit<CredentialTerms, 'subjectMayBeUnknown'>,
): Promise<CredentialAndPurposeKey> {
  const identities = identitiesOf(home);
  const purposeKeys = new PurposeKeys({ identities, store: new SqlitePurposeKeyStore(home.database) });
  return issueCredential({ ...terms, subjectMayBeUnknown: true }, { issuer, identities, purposeKeys });
}

/**
 * Verifies a credential of an issuer whose change history is known (`identity.md` §8.4).
 * @throws {CredentialError} · {IdentityError} for one that is not valid
 */
export function verifyFrom(
  home: Home,
  issuer: Identifier,
  credential: CredentialAndPurposeKey,
): Promise<VerifiedCredential> {
  const identities = identitiesOf(home);
  return verifyCredential(credential, {
    authorities: [issuer],
    identityOf: identities.find,
    nowSeconds: identities.nowSeconds(),
  });
}

/** Keeps a credential for a node, in place of the one of the same subject, issuer and scope. @throws as {@link verifyFrom} */
export async function keepCredential(
  home: Home,
  { node, scope, issuer }: { readonly node: string; readonly scope: string; readonly issuer: Identifier },
  credential: CredentialAndPurposeKey,
): Promise<void> {
  const { subject, expiresAt } = await verifyFrom(home, issuer, credential);
  const expiresAtSeconds = Number(expiresAt);
  const encoded = encodeCredentialAndPurposeKey(credential);
  await new SqliteCredentialStore(home.database, node).put({
    subject,
    issuer,
    scope,
    credential: encoded,
    expiresAtSeconds,
  });
}

/** The credentials that were kept for a node. @throws {CredentialError} when one does not decode */
export async function credentialsOf(home: Home, node: string): Promise<readonly KeptCredential[]> {
  const kept: KeptCredential[] = [];
  for (const { subject, issuer, scope, credential: bytes } of await new SqliteCredentialStore(
    home.database,
    node,
  ).list()) {
    const credential = decodeCredentialAndPurposeKey(bytes);
    kept.push({ credential, subject, issuer, scope, verified: await validOrUndefined(home, issuer, credential) });
  }
  return kept;
}

async function validOrUndefined(
  home: Home,
  issuer: Identifier,
  credential: CredentialAndPurposeKey,
): Promise<VerifiedCredential | undefined> {
  try {
    return await verifyFrom(home, issuer, credential);
  } catch (error) {
    const refused = [
      'CREDENTIAL_VERIFICATION_FAILED',
      'IDENTITY_ATTESTATION_FAILED',
      'IDENTITY_EXPIRED',
      'IDENTITY_UNKNOWN',
    ];
    if (refused.some((code) => hasCode(error, code))) return undefined;
    throw error;
  }
}
