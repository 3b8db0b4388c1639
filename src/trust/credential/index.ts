/**
 * What others attest about an identity: credentials, the attributes in them, and the payload by which peers present both.
 *
 * Specification: `docs/protocol/identity.md` §7, §8.4, §11–§13 · layer 1, no input or output; stores and time are passed in.
 * Read: attributes.ts, credential.ts, verify-credential.ts, issue-credential.ts, handshake-payload.ts,
 * refresh-credentials.ts, trust-policy.ts.
 * Invariants: signed bytes are kept as received; a bad credential never harms a channel; a policy's refusal is a value.
 * Vectors: `vectors.test.ts` · suite of the store: `conformance.ts`.
 */
export {
  type AttributesEntry,
  type AttributeStore,
  MemoryAttributeStore,
} from './attribute-store.ts';
export {
  type Attribute,
  type Attributes,
  attributesOf,
  attributeTexts,
  MAX_ATTRIBUTES,
  PROJECT_MEMBER_SCHEMA,
  sameAttributes,
} from './attributes.ts';
export {
  type Credential,
  type CredentialAndPurposeKey,
  credentialFromHex,
  type CredentialData,
  credentialToHex,
  decodeCredentialAndPurposeKey,
  decodeCredentialData,
  encodeCredentialAndPurposeKey,
  encodeCredentialData,
  MAX_CREDENTIAL_BYTES,
} from './credential.ts';
export { CredentialError, type CredentialErrorCode } from './errors.ts';
export {
  decodeIdentityAndCredentials,
  encodeIdentityAndCredentials,
  type IdentityAndCredentials,
  MAX_HANDSHAKE_PAYLOAD_BYTES,
  type PeerContext,
  type VerifiedPeer,
  verifyPeer,
} from './handshake-payload.ts';
export {
  CREDENTIAL_TTL_SECONDS,
  type CredentialIssuer,
  type CredentialTerms,
  issueCredential,
} from './issue-credential.ts';
export {
  acceptPresentedCredentials,
  MAX_PRESENTED_CREDENTIALS,
  type PresentedCredential,
  type PresentedCredentialsContext,
  type RevocationCheck,
} from './presented-credentials.ts';
export {
  acceptRefreshCredentials,
  decodeRefreshCredentials,
  encodeRefreshCredentials,
  readRefreshCredentials,
  type RefreshCredentials,
} from './refresh-credentials.ts';
export {
  trustAll,
  trustAny,
  type TrustDecision,
  trustEveryone,
  trustIdentifier,
  trustIdentifiers,
  type TrustPolicy,
} from './trust-policy.ts';
export {
  type CredentialContext,
  type VerifiedCredential,
  verifyCredential,
} from './verify-credential.ts';
