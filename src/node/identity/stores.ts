import { type Database } from '../../storage/database/index.ts';
import {
  SqliteAttributeStore,
  SqliteChangeHistoryStore,
  SqlitePurposeKeyStore,
  SqliteSecretStore,
} from '../../storage/sqlite/index.ts';
import { Identities } from '../../trust/identity/index.ts';
import { SoftwareVault } from '../../trust/vault/index.ts';
import type { CoreStores } from '../core/index.ts';
import { systemClock, systemRandom } from '../system/index.ts';

/** The vault of every identity for now. */
export const DEFAULT_VAULT = 'default';

/** What the node of that name keeps in `database`. */
export function coreStores(database: Database, node: string): CoreStores {
  return {
    secrets: new SqliteSecretStore({ database, vault: DEFAULT_VAULT, random: systemRandom }),
    histories: new SqliteChangeHistoryStore(database),
    purposeKeys: new SqlitePurposeKeyStore(database),
    attributes: new SqliteAttributeStore(database, node),
  };
}

/** The identities in `database`, for commands that need no node. */
export function identitiesOf(database: Database): Identities {
  const store = new SqliteSecretStore({ database, vault: DEFAULT_VAULT, random: systemRandom });
  const vault = new SoftwareVault({ store, random: systemRandom });
  return new Identities({ vault, histories: new SqliteChangeHistoryStore(database), clock: systemClock });
}
