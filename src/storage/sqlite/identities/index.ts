/**
 * The stores of identities: what shows an identity loads of this room (`docs/hardening.md` §6). All others take them from `storage/sqlite/`.
 *
 * Specification: `docs/storage.md` · layer 4. Read: identity-stores.ts.
 * Invariants: those of the contracts. Tests: ../stores.test.ts.
 */
export { SqliteChangeHistoryStore, SqlitePurposeKeyStore } from './identity-stores.ts';
