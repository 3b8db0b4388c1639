import { existsSync } from 'node:fs';
import { quoted } from '../../kernel/index.ts';
import type { Database } from '../../storage/database/index.ts';
import { SqliteSecretStore } from '../../storage/sqlite/index.ts';
import type { SecretStore } from '../../trust/vault/index.ts';
import { NodeError } from '../errors.ts';
import type { Home } from '../home/index.ts';
import { systemRandom } from '../system/index.ts';
import { withVaultFile } from '../vaults/index.ts';

/** Under what the keys of a vault stand in its database; the same for all, so that a vault can be renamed or moved. */
const KEYS = 'default';

/**
 * The secrets of all vaults of a home. A handle is the hash of its public key, so it needs no vault beside it.
 *
 * A vault file is open only for the time of one call: nodes live long, and the file may be moved or deleted by its user.
 * @param file the vault file that gets new keys; the database of the home unless given.
 */
export function homeSecrets({ database, secretKey }: Home, file?: string): SecretStore {
  const storeIn = (opened: Database): SecretStore =>
    new SqliteSecretStore({ database: opened, vault: KEYS, random: systemRandom, key: secretKey });
  const own = storeIn(database);
  const files = (): readonly string[] =>
    database.all('SELECT path FROM vault WHERE path IS NOT NULL ORDER BY name').map((row) => row.text('path'));
  return {
    put: async (record) => {
      if (file === undefined) return own.put(record);
      await withVaultFile(file, (opened) => storeIn(opened).put(record));
      // What went into a file that has just been moved is lost, so it must not count as kept.
      return database.write(() => {
        if (!files().includes(file)) throw moved(file);
      });
    },
    get: async (handle) => {
      let found = await own.get(handle);
      for (const path of found === undefined ? files() : []) {
        found ??= await withVaultFile(path, (opened) => storeIn(opened).get(handle));
      }
      return found;
    },
    delete: async (handle) => {
      let existed = await own.delete(handle);
      // A file that is lost has no keys to delete.
      for (const path of files().filter((one) => existsSync(one))) {
        if (!existed) existed = await withVaultFile(path, (opened) => storeIn(opened).delete(handle));
      }
      return existed;
    },
    list: async () => {
      const lists = [await own.list()];
      for (const path of files().filter((one) => existsSync(one)))
        lists.push(await withVaultFile(path, (opened) => storeIn(opened).list()));
      return lists.flat().sort((a, b) => (a.handle < b.handle ? -1 : 1));
    },
  };
}

function moved(file: string): NodeError {
  return new NodeError('NODE_IN_USE', `the vault at ${quoted(file)} was moved or deleted by another command`, {
    remedy: 'repeat the command',
  });
}
