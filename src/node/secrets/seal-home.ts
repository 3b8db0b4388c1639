import { existsSync } from 'node:fs';
import path from 'node:path';
import { quoted } from '../../kernel/index.ts';
import { type Database, DATABASE_FILE, openDatabase, StorageError } from '../../storage/database/index.ts';
import {
  changeSecretKey,
  clearLog,
  isProtected,
  sealSecrets,
  type SecretKeySource,
  unlocks,
  unsealSecrets,
} from '../../storage/sqlite/index.ts';
import { NodeError } from '../errors.ts';
import type { Home, SecretKey } from '../home/index.ts';
import { systemRandom } from '../system/index.ts';
import { deleteLeftover, listVaults } from '../vaults/index.ts';

/** A database of a home with secret keys, and what became of them. */
export interface SealedDatabase {
  readonly path: string;
  /**
   * `sealed`: they were plain. `changed`: another key sealed them before. `kept`: they were sealed by this one. `unsealed`: they are
   * plain now. `plain`: they were so before.
   */
  readonly outcome: 'sealed' | 'changed' | 'kept' | 'unsealed' | 'plain';
}

/**
 * Seals the secret keys of a home, of its vault files and of the projects that are hosted here, by `to` or else by the key that is
 * configured (`docs/storage.md`). Every database is looked at before the first is changed; when it is interrupted in between, the same
 * call finishes it. Nodes that run go on: what they have unlocked stays the same.
 * @throws {StorageError} STORAGE_KEY_MISSING, STORAGE_WRONG_KEY, STORAGE_INVALID_KEY · {NodeError} NODE_VAULT for a file that is missing;
 *   then nothing is changed. STORAGE_BUSY when all are sealed and somebody keeps the log of one from being emptied
 */
export function sealHome(home: Home, to: SecretKey | undefined): readonly SealedDatabase[] {
  const target = (to ?? home.secretKey)?.();
  if (target === undefined) {
    throw new StorageError('STORAGE_KEY_MISSING', 'there is nothing to seal the secret keys with', {
      remedy:
        'set PERIGEE_KEY_FILE or PERIGEE_PASSPHRASE_FILE, or name a file with --new-key-file or --new-passphrase-file',
    });
  }
  using open = new DisposableStack();
  const planned = databasesOf(home, open).map((database) => ({
    database,
    outcome: outcomeFor(database, target, home.secretKey),
  }));
  for (const { database, outcome } of planned) {
    if (outcome === 'sealed') sealSecrets(database, target, systemRandom).fill(0);
    else if (outcome === 'changed') changeSecretKey(database, currentOf(home.secretKey), target, systemRandom);
  }
  // Of all of them, also those that were sealed before: that call may have ended here.
  for (const { database } of planned) {
    if (clearLog(database)) continue;
    const place = quoted(database.path);
    throw new StorageError('STORAGE_BUSY', `the secret keys in ${place} are sealed, but its log still has them plain`, {
      remedy: 'run the same command again; if it stays, stop what uses the home',
    });
  }
  return planned.map(({ database, outcome }) => ({ path: database.path, outcome }));
}

/**
 * Makes the secret keys plain again, everywhere where {@link sealHome} seals them, by the key that is configured. Every database is looked
 * at before the first is changed; the same call finishes what was interrupted. Whoever uses a key with one configured seals them again.
 * @throws {StorageError} STORAGE_KEY_MISSING, STORAGE_WRONG_KEY, STORAGE_INVALID_KEY · {NodeError} NODE_VAULT for a file that is missing,
 *   NODE_IN_USE while a node or a project runs, which has what sealed them; then nothing is changed
 */
export function unsealHome(home: Home): readonly SealedDatabase[] {
  const running = [...home.nodes.list(), ...home.projects.list()].filter(({ status }) => status === 'running');
  if (running.length > 0) {
    throw new NodeError('NODE_IN_USE', `the secret keys are used by ${running.map(({ name }) => name).join(', ')}`, {
      remedy: 'stop them first: perigee node stop, perigee project stop',
    });
  }
  using open = new DisposableStack();
  const planned = databasesOf(home, open).map((database) => ({ database, isSealed: isProtected(database) }));
  const sealed = planned.filter(({ isSealed }) => isSealed);
  for (const { database } of sealed) {
    if (!unlocks(database, currentOf(home.secretKey))) throw wrongKey(database);
  }
  for (const { database } of sealed) unsealSecrets(database, currentOf(home.secretKey));
  return planned.map(({ database, isSealed }) => ({
    path: database.path,
    outcome: isSealed ? 'unsealed' : 'plain',
  }));
}

/** Every database with secret keys; copies that a move has left are gone then. @throws {NodeError} NODE_VAULT · {StorageError} */
function databasesOf(home: Home, open: DisposableStack): readonly Database[] {
  for (const { name } of listVaults(home)) deleteLeftover(home, name);
  return [home.database, ...filesOf(home).map((file) => open.use(openDatabase(file)))];
}

function outcomeFor(
  database: Database,
  target: SecretKeySource,
  current: SecretKey | undefined,
): SealedDatabase['outcome'] {
  if (!isProtected(database)) return 'sealed';
  if (unlocks(database, target)) return 'kept';
  if (unlocks(database, currentOf(current))) return 'changed';
  throw wrongKey(database);
}

function wrongKey(database: Database): StorageError {
  return new StorageError(
    'STORAGE_WRONG_KEY',
    `the secret keys in ${quoted(database.path)} are sealed by another key`,
    {
      remedy: 'name what sealed them last, with PERIGEE_KEY_FILE or PERIGEE_PASSPHRASE_FILE',
    },
  );
}

/** @throws {StorageError} STORAGE_KEY_MISSING */
function currentOf(current: SecretKey | undefined): SecretKeySource {
  if (current !== undefined) return current();
  throw new StorageError('STORAGE_KEY_MISSING', 'the secret keys are sealed by another key', {
    remedy: 'name it with PERIGEE_KEY_FILE or PERIGEE_PASSPHRASE_FILE',
  });
}

function filesOf(home: Home): readonly string[] {
  const vaults = listVaults(home).flatMap(({ path: file }) => file ?? []);
  const missing = vaults.find((file) => !existsSync(file));
  if (missing !== undefined) {
    throw new NodeError('NODE_VAULT', `the file ${quoted(missing)} of a vault is missing`, {
      remedy: 'put it back where it was',
    });
  }
  const projects = home.projects
    .list()
    .filter(({ hosted }) => hosted !== undefined)
    .map(({ id }) => path.join(home.projectDirectory(id), DATABASE_FILE))
    .filter((file) => existsSync(file));
  return [...vaults, ...projects];
}
