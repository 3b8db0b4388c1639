/**
 * What every running node has: a router, TCP, identities and their channels; and membership of a project.
 *
 * Specification: `docs/protocol/secure-channel.md`, `docs/protocol/project.md` §7 · layer 5.
 * Read: core.ts, membership.ts, words.ts.
 * Invariants: everything opened is closed by `stop`; what is refused is said in the local log with the check that failed.
 * Tests: end to end in test/e2e/.
 */
export { type Core, type CoreOptions, createCore, type CoreStores, logRevoked } from './core.ts';
export { requireOwnKey } from './own-key.ts';
export { joinProject, logCredential, type Membership, type ProjectPath, watchRevocations } from './membership.ts';
