/**
 * Credentials without a running node: issued by own identities, verified, and kept for nodes.
 *
 * Specification: `docs/commands.md` §8.7, `docs/protocol/identity.md` §7, §8.4 · layer 5.
 * Read: credentials.ts.
 * Invariants: only a credential that is verified is kept; it is kept for one node, under its subject, issuer and scope.
 * Tests: end to end in test/e2e/credential.test.ts.
 */
export { credentialsOf, issueFor, type KeptCredential, keepCredential, verifyFrom } from './credentials.ts';
