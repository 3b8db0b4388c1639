/**
 * Identities that a home knows, read and verified without what opens keys.
 *
 * Specification: `docs/protocol/identity.md` §8.1 · layer 5. Read: known-identity.ts.
 * Invariants: what is given out was verified. Tests: end to end in test/e2e/identity.test.ts.
 */
export { knownIdentity } from './known-identity.ts';
