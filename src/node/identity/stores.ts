import { type Database } from '../../storage/database/index.ts';
import { SqliteAttributeStore, SqliteChangeHistoryStore, SqlitePurposeKeyStore } from '../../storage/sqlite/index.ts';
import { Identities } from '../../trust/identity/index.ts';
import { SoftwareVault } from '../../trust/vault/index.ts';
import type { CoreStores } from '../core/index.ts';
import { systemClock, systemRandom } from '../system/index.ts';
import { homeSecrets } from '../vaults/index.ts';

/** What the node of that name keeps in `database`. */
export function coreStores(database: Database, node: string): CoreStores {
  return {
    secrets: homeSecrets(database),
    histories: new SqliteChangeHistoryStore(database),
    purposeKeys: new SqlitePurposeKeyStore(database),
    attributes: new SqliteAttributeStore(database, node),
  };
}

/**
 * The identities in `database`, for commands that need no node.
 * @param file the vault file that gets new keys; the database unless given.
 */
export function identitiesOf(database: Database, file?: string): Identities {
  const vault = new SoftwareVault({ store: homeSecrets(database, file), random: systemRandom });
  return new Identities({ vault, histories: new SqliteChangeHistoryStore(database), clock: systemClock });
}
