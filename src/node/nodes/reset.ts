import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { DATABASE_FILE } from '../../storage/database/index.ts';
import { type Home, openHomeAt } from '../home/index.ts';
import { deleteVaultFiles } from '../vaults/index.ts';
import { stopNode } from './lifecycle.ts';
import { stopProject } from './projects.ts';

/** What a reset takes away, beside the database. Nothing else in the home is ours to delete. */
const PARTS = ['nodes', 'commands', 'modules', 'run'];

/**
 * Stops every node and deletes all state of the home. Projects that are hosted here go on, with what they know, unless
 * `all` is set: others may depend on them.
 * @throws {NodeError} NODE_STOP_FAILED
 */
export async function resetHome(home: Home, all: boolean, onForce: (name: string) => void): Promise<void> {
  for (const node of home.nodes.list()) await stopNode(home, node, () => onForce(node.name));
  const hosted = home.projects.list().filter((project) => project.hosted !== undefined);
  const spaces = home.spaces.list();
  if (all) for (const project of hosted) await stopProject(home, project, () => onForce(project.name));
  deleteVaultFiles(home);
  home.close();
  deleteState(home.directory, all);
  if (all || hosted.length === 0) return;
  using fresh = openHomeAt(home.directory, { secretKey: home.secretKey });
  for (const space of spaces)
    if (hosted.some((project) => project.hosted?.space === space.name)) fresh.spaces.put(space);
  for (const project of hosted) {
    fresh.projects.put(project);
    if (project.process !== undefined) fresh.projects.adopt(project.id, project.process);
  }
}

/** Deletes the state of a home that cannot be opened. */
export function deleteState(directory: string, all: boolean): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(path.join(directory, DATABASE_FILE + suffix), { force: true });
  for (const part of all ? [...PARTS, 'projects'] : PARTS) {
    const target = path.join(directory, part);
    if (existsSync(target)) rmSync(target, { recursive: true, force: true });
  }
}
