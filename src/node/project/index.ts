/**
 * The service process of a self-hosted project: authority and project node side by side, each with a router of its own.
 *
 * Specification: `docs/protocol/project.md` §1, `docs/commands.md` §9 · layer 5.
 * Read: project-host.ts, operations.ts (what members and enrollers do), import.ts, public-route.ts; for an authority that is a
 * node of its own authority-configuration.ts, trusted-identities.ts, authority-project.ts.
 * Invariants: the two share nothing but the process; only `api` of each can be reached from outside.
 * Tests: end to end in test/e2e/project.test.ts.
 */
export { logAuthority, type ProjectHost, type ProjectHostOptions, startProjectHost } from './project-host.ts';
export { type AuthorityConfiguration, credentialTtlOf } from './authority-configuration.ts';
export { type AuthorityProject, importAuthorityProject } from './authority-project.ts';
export { importProject } from './import.ts';
export {
  atAuthority,
  createTicket,
  type EnrolledIn,
  enrollWithTicket,
  memberAttributes,
  readTicketText,
  type TicketTerms,
} from './operations.ts';
export { publicRoute } from './public-route.ts';
export { parseTrustedIdentities, type TrustedIdentities } from './trusted-identities.ts';
