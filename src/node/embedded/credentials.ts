import type { CredentialSource } from '../../network/channel/index.ts';
import {
  attributesOf,
  attributeTexts,
  type CredentialAndPurposeKey,
  credentialFromHex,
  credentialToHex,
  issueCredential,
  verifyCredential,
} from '../../trust/credential/index.ts';
import { changeHistoryFromHex, type Identifier, parseIdentifier } from '../../trust/identity/index.ts';
import type { Inside } from './inside.ts';
import type { IssueOptions } from './options.ts';

/** What a valid credential states. */
export interface Stated {
  readonly subject: Identifier;
  readonly issuer: Identifier;
  readonly attributes: ReadonlyMap<string, string>;
  readonly expiresAt: Date;
}

/** Issues a credential in the name of the node; hex. @throws as `issueCredential` */
export async function issue({ core, identity }: Inside, options: IssueOptions): Promise<string> {
  const { subject, attributes, ttlSeconds } = options;
  const { identities, purposeKeys } = core.channels;
  const issued = await issueCredential(
    {
      subject: parseIdentifier(subject),
      attributes: attributesOf(attributes),
      ttlSeconds,
      subjectMayBeUnknown: true,
    },
    { issuer: identity, identities, purposeKeys },
  );
  return credentialToHex(issued);
}

/**
 * Verifies a credential of one issuer.
 * @param issuer its change history, hex.
 * @throws {CredentialError | IdentityError} for one that is not valid
 */
export async function verify({ core }: Inside, credential: string, issuer: string): Promise<Stated> {
  const { identities } = core;
  const { identifier } = await identities.receive(changeHistoryFromHex(issuer));
  const verified = await verifyCredential(credentialFromHex(credential), {
    authorities: [identifier],
    identityOf: identities.find,
    nowSeconds: identities.nowSeconds(),
  });
  return {
    subject: verified.subject,
    issuer: verified.issuer,
    attributes: attributeTexts(verified.attributes),
    expiresAt: new Date(Number(verified.expiresAt) * 1000),
  };
}

/** Presents what it was given last, to channels that stand, too. */
export class PresentedCredential implements CredentialSource {
  #credential: CredentialAndPurposeKey | undefined;
  readonly #listeners = new Set<(credential: CredentialAndPurposeKey) => void>();

  present(credential: string): void {
    const given = credentialFromHex(credential);
    this.#credential = given;
    for (const listener of this.#listeners) listener(given);
  }

  readonly current = (): Promise<CredentialAndPurposeKey | undefined> => Promise.resolve(this.#credential);

  readonly onChange = (listener: (credential: CredentialAndPurposeKey) => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
}
