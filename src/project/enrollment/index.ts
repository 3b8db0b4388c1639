/**
 * How an identity becomes a member of a project and stays one: tickets, the client of the authority, own credentials.
 *
 * Specification: `docs/protocol/project.md` §4, §5, §7 · layer 3.
 * Read: ticket.ts, project.ts, enroll.ts, authority-session.ts, credential-retriever.ts.
 * Invariants: a project is used only after its two histories were verified; only the authority that the project names is talked
 * to; a credential is verified as peers will before it is kept; no error or event shows a ticket or a code.
 * Vectors: `docs/protocol/project.md` §5.5 · suite of the store: `conformance.ts`.
 */
export {
  type AuthoritySession,
  type AuthoritySessionOptions,
  openAuthoritySession,
  withAuthority,
} from './authority-session.ts';
export { type CredentialEvent, CredentialRetriever, type CredentialRetrieverOptions } from './credential-retriever.ts';
export {
  type CredentialKey,
  type CredentialStore,
  MemoryCredentialStore,
  type StoredCredential,
} from './credential-store.ts';
export { enroll, type Enrollment, ENROLLMENT_TIMEOUT_MS, type EnrollOptions } from './enroll.ts';
export { EnrollmentError } from './errors.ts';
export { keepMemberCredential, type KeepMemberCredentialOptions } from './keep-member-credential.ts';
export type { MemberCredential } from './member-credential.ts';
export {
  memberScope,
  type NewProject,
  type ProjectEnd,
  projectModelOf,
  type ReadyProject,
  readyProject,
} from './project.ts';
export { decodeProject, encodeProject } from './project-cbor.ts';
export {
  MAX_PROJECT_BYTES,
  type OktaConfig,
  parseProjectFile,
  projectFromJson,
  type ProjectModel,
  projectToJson,
  type ProjectUserRole,
} from './project-model.ts';
export { parseServiceRoute, type ServiceRoute } from './service-route/index.ts';
export {
  type CheckedTicket,
  formatTicket,
  MAX_TICKET_LENGTH,
  parseTicket,
  type Ticket,
  type TicketGateway,
} from './ticket.ts';
