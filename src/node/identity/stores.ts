import { SqliteAttributeStore, SqliteChangeHistoryStore, SqlitePurposeKeyStore } from '../../storage/sqlite/index.ts';
import { Identities } from '../../trust/identity/index.ts';
import { SoftwareVault } from '../../trust/vault/index.ts';
import type { CoreStores } from '../core/index.ts';
import type { Home } from '../home/index.ts';
import { systemClock, systemRandom } from '../system/index.ts';
import { homeSecrets } from '../secrets/index.ts';

/** What the node of that name keeps in its home. */
export function coreStores(home: Home, node: string): CoreStores {
  const { database } = home;
  return {
    secrets: homeSecrets(home),
    histories: new SqliteChangeHistoryStore(database),
    purposeKeys: new SqlitePurposeKeyStore(database),
    attributes: new SqliteAttributeStore(database, node),
  };
}

/**
 * The identities of a home, for commands that need no node.
 * @param file the vault file that gets new keys; the database unless given.
 */
export function identitiesOf(home: Home, file?: string): Identities {
  const vault = new SoftwareVault({ store: homeSecrets(home, file), random: systemRandom });
  return new Identities({ vault, histories: new SqliteChangeHistoryStore(home.database), clock: systemClock });
}
