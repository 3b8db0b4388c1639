/**
 * The authority of a project: knows its members, invites new ones, and signs what each member is.
 *
 * Specification: `docs/protocol/project.md` §1–§4, §8, `docs/protocol/node-api.md` §1 · layer 3.
 * Read: authority.ts, service.ts, standing.ts, member-service.ts, token-services.ts, identity-provider.ts, credential-service.ts,
 * bodies.ts;
 * revocations.ts, revocation-service.ts, revocation-store.ts, revocation-bodies.ts.
 * Invariants: the caller is who its secure channel proved; everything is refused that no rule allows; a token with n uses makes
 * at most n members; no code is stored, logged or put into an event; members and tokens are bounded.
 * Vectors: `docs/protocol/project.md` §4.5 · suites of the stores: `conformance.ts`.
 */
export {
  ADMINISTERED_PROJECT_ATTRIBUTE,
  ENROLLER,
  type MemberAttributes,
  RELAY_ATTRIBUTE,
  ROLE_ATTRIBUTE,
  TLS_ATTRIBUTE,
  TRUST_CONTEXT_ATTRIBUTE,
} from './attribute-names.ts';
export { type Authority, type AuthorityOptions, startAuthority } from './authority.ts';
export {
  type AddMember,
  CODE_LENGTH,
  type CreateToken,
  decodeIdentifiers,
  decodeMemberEntry,
  decodeMemberList,
  decodeOneTimeCode,
  encodeAccessToken,
  encodeAddMember,
  encodeCreateToken,
  encodeOneTimeCode,
  type MemberEntry,
} from './bodies.ts';
export type { AuthorityEvent } from './events.ts';
export type { IdentityProvider } from './identity-provider.ts';
export {
  decodeRevocations,
  decodeRevocationsAfter,
  encodeRevocations,
  encodeRevocationsAfter,
  type ToldRevocation,
} from './revocation-bodies.ts';
export { MAX_WAITING, REVOCATION_WAIT_MS } from './revocation-service.ts';
export {
  MemoryRevocationStore,
  type NumberedRevocation,
  type Revocation,
  type RevocationStore,
} from './revocation-store.ts';
export { MAX_REVOCATIONS, MAX_TOLD } from './revocations.ts';
export { type Member, type MemberStore, MemoryMemberStore } from './member-store.ts';
export type { Administration } from './standing.ts';
export { DEFAULT_TOKEN_TTL_SECONDS, DEFAULT_TOKEN_USES } from './token-services.ts';
export { codeHashOf, type EnrollmentToken, MemoryTokenStore, type TokenStore } from './token-store.ts';
