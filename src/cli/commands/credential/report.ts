import {
  attributeTexts,
  type CredentialAndPurposeKey,
  credentialToHex,
  decodeCredentialData,
} from '../../../trust/credential/index.ts';
import { decodeVersionedData, type Identifier } from '../../../trust/identity/index.ts';

/** What a credential says, as JSON has it (`commands.md` §8.7). */
export interface CredentialJson {
  readonly attributes: Readonly<Record<string, string>>;
  readonly created_at: number;
  readonly credential: string;
  readonly expires_at: number;
  readonly issuer: Identifier;
  readonly subject: Identifier | null;
}

/** What a credential says, valid or not. @throws {CborError} for one that was not verified */
export function credentialJson(credential: CredentialAndPurposeKey, issuer: Identifier): CredentialJson {
  const data = decodeCredentialData(decodeVersionedData(credential.credential.data).data);
  return {
    attributes: Object.fromEntries(attributeTexts(data.attributes)),
    created_at: Number(data.createdAt),
    credential: credentialToHex(credential),
    expires_at: Number(data.expiresAt),
    issuer,
    subject: data.subject ?? null,
  };
}

/** The same on some lines. */
export function credentialLines(said: CredentialJson): string[] {
  return [
    'Credential:',
    `  subject: ${said.subject}`,
    `  issuer: ${said.issuer}`,
    `  created at: ${said.created_at}`,
    `  expires at: ${said.expires_at}`,
    `  attributes: ${JSON.stringify(said.attributes)}`,
    `  credential: ${said.credential}`,
  ];
}
