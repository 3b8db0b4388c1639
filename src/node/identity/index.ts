/**
 * Own identities of a home: made, named, shown and deleted without a running node.
 *
 * Specification: `docs/commands.md` §8.2, `docs/protocol/identity.md` · layer 5.
 * Read: stores.ts, operations.ts.
 * Invariants: a name stands for one identity; an identity that a node uses is not deleted; keys go with their identity.
 * Tests: operations.test.ts; end to end in test/e2e/identity.test.ts.
 */
export {
  createIdentity,
  deleteIdentity,
  ensureIdentity,
  importIdentity,
  type VaultChoice,
} from './operations.ts';
export { coreStores, identitiesOf } from './stores.ts';
