/**
 * The stores that `trust/` and `project/` ask for, in the database of a home.
 *
 * Specification: `docs/storage.md` · layer 4.
 * Read: identities/identity-stores.ts, attribute-store.ts, credential-store.ts, authority-stores.ts, revocation-store.ts,
 * secret-store.ts, secret-protection.ts.
 * Invariants: those of each contract; secrets are sealed at rest when a key is configured.
 * Tests: every store runs the suite of its contract, `stores.test.ts`, `secret-store.test.ts`.
 */
export { SqliteAttributeStore } from './attribute-store.ts';
export { SqliteMemberStore, SqliteTokenStore } from './authority-stores.ts';
export { SqliteCredentialStore } from './credential-store.ts';
export { SqliteChangeHistoryStore, SqlitePurposeKeyStore } from './identities/index.ts';
export { SqliteRevocationStore } from './revocation-store.ts';
export { changeSecretKey, isProtected, type SecretKeySource, unlocks } from './secret-protection.ts';
export {
  clearLog,
  sealSecrets,
  SqliteSecretStore,
  type SqliteSecretStoreOptions,
  unsealSecrets,
} from './secret-store.ts';
