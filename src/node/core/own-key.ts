import { type Identifier, primaryKeyHandle } from '../../trust/identity/index.ts';
import type { Core } from './core.ts';

/**
 * Takes the key of an own identity out of its vault, so that a node without it, or without what unlocks it, does not start instead of
 * failing at its first channel.
 * @throws {VaultError} VAULT_UNKNOWN_KEY · {StorageError} STORAGE_KEY_MISSING, STORAGE_WRONG_KEY, STORAGE_INVALID_KEY, STORAGE_CORRUPT ·
 *   {NodeError} NODE_VAULT for a vault file that is missing
 */
export async function requireOwnKey({ identities }: Pick<Core, 'identities'>, identifier: Identifier): Promise<void> {
  await identities.vault.describeKey(primaryKeyHandle(await identities.get(identifier)));
}
