import { type Identifier, type Identities, type PurposeKeys, signData } from '../identity/index.ts';
import type { Attributes } from './attributes.ts';
import { type CredentialAndPurposeKey, encodeCredentialAndPurposeKey, encodeCredentialData } from './credential.ts';

/** Specification constant: how long an authority's credentials are valid, 30 days in seconds (`identity.md` §9). */
export const CREDENTIAL_TTL_SECONDS = 2_592_000;

/** What an issuer is to attest. */
export interface CredentialTerms {
  readonly subject: Identifier;
  readonly attributes: Attributes;
  /** {@link CREDENTIAL_TTL_SECONDS} unless given. */
  readonly ttlSeconds?: number | undefined;
  /** Issue even when the subject's history is not known; the credential then does not name its latest change. Default false. */
  readonly subjectMayBeUnknown?: boolean | undefined;
}

/** With what a credential is issued. */
export interface CredentialIssuer {
  /** An own identity. */
  readonly issuer: Identifier;
  readonly identities: Identities;
  readonly purposeKeys: PurposeKeys;
}

/**
 * Issues a credential about a subject whose history is known (`identity.md` §7).
 *
 * Its validity is cut to the one of the purpose key that signs it: a verifier refuses what reaches beyond (§8.4, rule 10).
 * @throws {RangeError} when `ttlSeconds` is not a positive whole number, or there are too many attributes
 * @throws {CredentialError} CREDENTIAL_TOO_LONG
 * @throws {IdentityError} IDENTITY_UNKNOWN for subject or issuer, IDENTITY_EXPIRED for the issuer
 * @throws {VaultError} VAULT_UNKNOWN_KEY when the issuer is not an own identity
 */
export async function issueCredential(
  terms: CredentialTerms,
  { issuer, identities, purposeKeys }: CredentialIssuer,
): Promise<CredentialAndPurposeKey> {
  const ttlSeconds = terms.ttlSeconds ?? CREDENTIAL_TTL_SECONDS;
  if (!Number.isSafeInteger(ttlSeconds) || ttlSeconds <= 0) throw new RangeError(`ttlSeconds is ${ttlSeconds}`);
  const subject =
    terms.subjectMayBeUnknown === true ? await identities.find(terms.subject) : await identities.get(terms.subject);
  const signer = await purposeKeys.current(issuer, 'credential-signing');
  const now = BigInt(identities.nowSeconds());
  const wanted = now + BigInt(ttlSeconds);
  const { createdAt, expiresAt } = signer.content;
  const data = encodeCredentialData({
    subject: terms.subject,
    subjectLatestChangeHash: subject?.latest.hash,
    attributes: terms.attributes,
    createdAt: now > createdAt ? now : createdAt,
    expiresAt: wanted < expiresAt ? wanted : expiresAt,
  });
  const issued: CredentialAndPurposeKey = {
    credential: { data, signature: await signData(identities.vault, signer.handle, data) },
    purposeKeyAttestation: signer.attestation,
  };
  // Refuses to issue what would be too long to present.
  encodeCredentialAndPurposeKey(issued);
  return issued;
}
