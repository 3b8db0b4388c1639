import {
  attributeTexts,
  type CredentialAndPurposeKey,
  type CredentialData,
  credentialToHex,
  decodeCredentialData,
} from '../../../trust/credential/index.ts';
import {
  changeHashToBytes,
  decodePurposeKeyAttestationData,
  decodeVersionedData,
  type Identifier,
} from '../../../trust/identity/index.ts';
import { toHex } from '../../../kernel/index.ts';

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

/** Kinds of keys that sign credentials, as the reference calls them. */
const SIGNING_KEYS = { ed25519: 'Ed25519', p256: 'ECDSASHA256CurveP256' } as const;

/** What a credential and the attestation of its key say, in the words of the reference, which scripts may look for. */
export function decodedCredential({ credential, purposeKeyAttestation }: CredentialAndPurposeKey): string {
  const outer = decodeVersionedData(credential.data);
  const data = decodeCredentialData(outer.data);
  const keyOuter = decodeVersionedData(purposeKeyAttestation.data);
  const { publicKey, ...key } = decodePurposeKeyAttestationData(keyOuter.data);
  const attributes = [...attributeTexts(data.attributes)].map((pair) =>
    pair.map((text) => JSON.stringify(text)).join(': '),
  );
  const lines = [
    'Credential:',
    ...validity({ ...data, version: outer.version }),
    'Attributes:',
    `  Schema: ${data.attributes.schema}; {${attributes.join(', ')}}`,
    '',
    'Purpose key:',
    ...validity({ ...key, version: keyOuter.version }),
    publicKey.kind === 'credential-signing'
      ? `Public Key -> Credentials Key -> ${SIGNING_KEYS[publicKey.key.algorithm]}: ${toHex(publicKey.key.bytes)}`
      : 'Public Key -> none that signs credentials',
  ];
  return lines.map((line) => `    ${line}`.trimEnd()).join('\n');
}

/** When something is valid and about whom, line by line. */
function validity({
  version,
  subject,
  subjectLatestChangeHash: change,
  createdAt,
  expiresAt,
}: Pick<CredentialData, 'subject' | 'subjectLatestChangeHash' | 'createdAt' | 'expiresAt'> & {
  readonly version: number;
}): readonly string[] {
  return [
    `Version:                    ${version}`,
    ...(subject === undefined ? [] : [`Subject:                    ${subject}`]),
    ...(change === undefined ? [] : [`Subject Latest Change Hash: ${toHex(changeHashToBytes(change))}`]),
    `Created:                    ${timeOf(createdAt)}`,
    `Expires:                    ${timeOf(expiresAt)}`,
  ];
}

/** A time to the second; what no calendar has is a number of seconds. */
function timeOf(seconds: bigint): string {
  const ms = Number(seconds) * 1000;
  return Number.isFinite(ms) && Math.abs(ms) <= 8.64e15
    ? new Date(ms).toISOString().replace('.000Z', 'Z')
    : `${seconds}`;
}
