import path from 'node:path';
import { quoted } from '../../kernel/errors/index.ts';
import type { Row } from '../../storage/database/index.ts';
import { NodeError } from '../errors.ts';
import type { Home } from '../home/index.ts';
import { randomName } from '../names/index.ts';
import { systemRandom } from '../system/index.ts';
import { copyVaultFile, createVaultFile, deleteVaultFile, isWholeCopy, reserveVaultFile } from './vault-file.ts';

/** Ours: a name goes into the name of a file. */
const MAX_NAME = 128;

const COLUMNS = 'name, path, is_default, leftover';

/** A vault of a home. */
export interface VaultRecord {
  readonly name: string;
  /** Absolute path of its file; undefined for the one in the database of the home. */
  readonly path: string | undefined;
  readonly isDefault: boolean;
  /** The second copy of its file, while it is being moved and when that was interrupted. */
  readonly leftover: string | undefined;
}

/** By name. */
export function listVaults({ database }: Home): readonly VaultRecord[] {
  return database.all(`SELECT ${COLUMNS} FROM vault ORDER BY name`).map(vaultOf);
}

export function findVault({ database }: Home, name: string): VaultRecord | undefined {
  const row = database.get(`SELECT ${COLUMNS} FROM vault WHERE name = ?`, name);
  return row && vaultOf(row);
}

/** The default vault; undefined when there is none at all. */
export function defaultVault({ database }: Home): VaultRecord | undefined {
  const row = database.get(`SELECT ${COLUMNS} FROM vault WHERE is_default = 1`);
  return row && vaultOf(row);
}

/**
 * Makes a vault: the first one in the database of the home unless `file` is given, any other one in a file.
 * @param wanted `default` for the first one and a random name for others unless given.
 * @throws {NodeError} NODE_INVALID_NAME, NODE_IN_USE when there is one of that name, NODE_VAULT · {StorageError}
 */
export function createVault(home: Home, wanted?: string, file?: string): VaultRecord {
  return home.database.write(() => {
    const all = listVaults(home);
    const name = requireVaultName(
      wanted ??
        (all.length === 0 ? 'default' : randomName(systemRandom, (taken) => findVault(home, taken) !== undefined)),
    );
    if (findVault(home, name) !== undefined) {
      throw new NodeError('NODE_IN_USE', `A vault named ${name} already exists`);
    }
    const isFirst = all.length === 0;
    const target =
      file === undefined ? (isFirst ? undefined : path.join(home.directory, `vault-${name}`)) : path.resolve(file);
    if (target !== undefined) createVaultFile(target, file === undefined);
    home.database.run(
      'INSERT INTO vault (name, path, is_default) VALUES (?, ?, ?)',
      name,
      target ?? null,
      Number(defaultVault(home) === undefined),
    );
    return findVault(home, name) as VaultRecord;
  });
}

/** The vault of that name, or without one the default vault; made if there is none. @throws as {@link createVault} */
export function ensureVault(
  home: Home,
  name: string | undefined,
  onCreated: (vault: VaultRecord) => void,
): VaultRecord {
  const find = (): VaultRecord | undefined => (name === undefined ? defaultVault(home) : findVault(home, name));
  // Looked at in the transaction: of two commands that need the first vault, one makes it.
  const { vault, made } = home.database.write(() => {
    const known = find();
    return { vault: known ?? createVault(home, name), made: known === undefined };
  });
  if (made) onCreated(vault);
  return vault;
}

/**
 * Moves the file of a vault; nothing when it is there. Interrupted at whatever point, the keys are where the database says, and the same
 * call finishes it.
 * @throws {NodeError} NODE_UNKNOWN, NODE_IN_USE while a node runs that has its keys there, NODE_VAULT · {StorageError}
 */
export function moveVault(home: Home, name: string, file: string): VaultRecord {
  const vault = requireVault(home, name);
  if (vault.path === undefined) {
    throw new NodeError('NODE_VAULT', `the vault ${name} is in the database of the home and has no file`);
  }
  const identities = new Set(identitiesIn(home, name));
  const users = home.nodes.list().filter((node) => node.status === 'running' && identities.has(node.identity));
  if (users.length > 0) {
    throw new NodeError(
      'NODE_IN_USE',
      `the vault is used by the running node(s): ${users.map((n) => n.name).join(', ')}`,
      {
        remedy: 'stop them first: perigee node stop',
      },
    );
  }
  const target = path.resolve(file);
  const { path: from } = deleteLeftover(home, name);
  if (from !== undefined && from !== target) {
    beginMove(home, name, target);
    try {
      copyVaultFile(from, target);
      endMove(home, name, { from, to: target });
    } finally {
      deleteLeftover(home, name);
    }
  }
  return requireVault(home, name);
}

/** Takes the place for the copy, and notes it before anything is in it. @throws {NodeError} NODE_VAULT */
function beginMove({ database }: Home, name: string, to: string): void {
  database.write(() => {
    // Of two commands that find an empty file there, one has it.
    const taken = database.get('SELECT name FROM vault WHERE path = ? OR leftover = ?', to, to);
    if (taken !== undefined) {
      throw new NodeError('NODE_VAULT', `the vault ${taken.text('name')} is at ${quoted(to)}`, {
        remedy: 'name another file',
      });
    }
    reserveVaultFile(to);
    database.run('UPDATE vault SET leftover = ? WHERE name = ?', to, name);
  });
}

/**
 * From now on the copy is the vault, and what was the vault is left over. In one transaction, like the last step of whoever puts a key
 * into the file: it is in the copy, or they find the vault moved.
 * @throws {NodeError} NODE_IN_USE
 */
function endMove({ database }: Home, name: string, { from, to }: { readonly from: string; readonly to: string }): void {
  const sql = 'UPDATE vault SET path = ?, leftover = ? WHERE name = ? AND path = ? AND leftover = ?';
  database.write(() => {
    if (isWholeCopy(from, to) && database.run(sql, to, from, name, from, to) === 1) return;
    throw new NodeError('NODE_IN_USE', `the vault ${name} was changed by another command while it was moved`, {
      remedy: 'repeat the command when that has ended',
    });
  });
}

/** Deletes what a move has left. In one transaction, since another command may be moving it. @returns what is so then */
export function deleteLeftover(home: Home, name: string): VaultRecord {
  return home.database.write(() => {
    const vault = requireVault(home, name);
    if (vault.leftover !== undefined) {
      deleteVaultFile(vault.leftover);
      home.database.run('UPDATE vault SET leftover = NULL WHERE name = ?', name);
    }
    return { ...vault, leftover: undefined };
  });
}

/**
 * Deletes a vault and the keys that are left in it; another one becomes the default when it was that.
 * @throws {NodeError} NODE_UNKNOWN, NODE_IN_USE while identities have their keys in it
 */
export function deleteVault(home: Home, name: string): void {
  const { database } = home;
  const vault = database.write(() => {
    const found = requireVault(home, name);
    const users = identitiesIn(home, name);
    if (users.length > 0) {
      throw new NodeError(
        'NODE_IN_USE',
        `The vault ${name} cannot be deleted because it is used by: ${users.join(', ')}`,
        {
          remedy: 'delete these identities first: perigee identity delete',
        },
      );
    }
    database.run('DELETE FROM vault WHERE name = ?', name);
    const [heir] = listVaults(home);
    if (heir !== undefined && found.isDefault) {
      database.run('UPDATE vault SET is_default = (name = ?)', heir.name);
    }
    return found;
  });
  deleteFilesOf(vault);
}

/** Deletes the files of all vaults, before the home that knows them goes. */
export function deleteVaultFiles(home: Home): void {
  for (const vault of listVaults(home)) deleteFilesOf(vault);
}

function deleteFilesOf({ path: file, leftover }: VaultRecord): void {
  for (const one of [file, leftover]) if (one !== undefined) deleteVaultFile(one);
}

function identitiesIn(home: Home, vault: string): readonly string[] {
  return home.identities
    .list()
    .filter((identity) => identity.vault === vault)
    .map((identity) => identity.name);
}

function requireVault(home: Home, name: string): VaultRecord {
  const vault = findVault(home, name);
  if (vault === undefined) throw new NodeError('NODE_UNKNOWN', `The vault ${quoted(name)} was not found`);
  return vault;
}

function requireVaultName(name: string): string {
  if (/^[^/\\\p{Cc}]+$/u.test(name) && name.length <= MAX_NAME && name !== '.' && name !== '..') return name;
  throw new NodeError('NODE_INVALID_NAME', `not a name for a vault: ${quoted(name)}`, {
    remedy: `use up to ${MAX_NAME} characters without slashes`,
  });
}

function vaultOf(row: Row): VaultRecord {
  return {
    name: row.text('name'),
    path: row.optionalText('path'),
    isDefault: row.flag('is_default'),
    leftover: row.optionalText('leftover'),
  };
}
