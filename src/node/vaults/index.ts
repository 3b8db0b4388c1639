/**
 * Vaults of a home: where the keys of its identities are, in its database or in files of their own.
 *
 * Specification: `docs/commands.md` §8.6 · layer 5.
 * Read: vaults.ts, vault-file.ts; the keys in them are in `secrets/`.
 * Invariants: the first vault is in the database, every other one is a file; there is a default vault as long as there is any; a
 * vault with identities is not deleted; a file is moved only while no node needs it, and never over another one; whatever ends a move,
 * the keys are where the database says, and it knows of any second copy.
 * Tests: end to end in test/e2e/vault.test.ts, test/e2e/sealed-home.test.ts.
 */
export {
  createVault,
  defaultVault,
  deleteLeftover,
  deleteVault,
  deleteVaultFiles,
  ensureVault,
  findVault,
  listVaults,
  moveVault,
  type VaultRecord,
} from './vaults.ts';
export { withVaultFile } from './vault-file.ts';
