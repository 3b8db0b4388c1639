/**
 * The secret keys in the vaults of a home: found in whichever has them, sealed and made plain again.
 *
 * Specification: `docs/storage.md`, `docs/commands.md` §8.6 · layer 5.
 * Read: home-secrets.ts, seal-home.ts.
 * Invariants: a file is open for one call only; every database is looked at before the first is sealed. In a folder of its own, since
 * commands that only name vaults are not to load what opens keys (`docs/hardening.md` §6).
 * Tests: end to end in test/e2e/vault.test.ts, test/e2e/sealed-home.test.ts.
 */
export { homeSecrets } from './home-secrets.ts';
export { sealHome, type SealedDatabase, unsealHome } from './seal-home.ts';
