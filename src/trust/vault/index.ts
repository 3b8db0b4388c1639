/**
 * Keepers of private keys: the contract, and the one that keeps them in memory and in a store.
 *
 * Specification: `docs/protocol/secure-channel.md` §1.4 · layer 1, no input or output; stores, randomness and idle time are passed in.
 * Read: contract.ts, secret-store.ts, secret-wrapping.ts, software-vault.ts.
 * Invariants: no secret leaves a vault; a handle is the hash of its public key; ephemeral keys are never stored.
 * Tests: `conformance.ts` is the suite of every Vault and every SecretStore.
 */
export { type KeyHandle, type KeyLifetime, keyHandle, type Vault, type VaultKey } from './contract.ts';
export { VaultError } from './errors.ts';
export { MemorySecretStore, type SecretRecord, type SecretStore } from './secret-store.ts';
export { SoftwareVault, type SoftwareVaultOptions } from './software-vault.ts';
