import { chmodSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { quoted } from '../../kernel/index.ts';
import { type Database, openHome } from '../../storage/database/index.ts';
import { NodeError } from '../errors.ts';
import { IdentityRegistry } from './identity-registry.ts';
import { NodeRegistry } from './node-registry.ts';
import { ProjectRegistry } from './project-registry.ts';
import { NODE_TABLES } from './tables.ts';

/** An open home. */
export interface Home extends Disposable {
  readonly directory: string;
  readonly database: Database;
  readonly nodes: NodeRegistry;
  readonly identities: IdentityRegistry;
  readonly projects: ProjectRegistry;
  /** Log files and whatever else a node keeps. */
  readonly nodeDirectory: (name: string) => string;
  readonly projectDirectory: (id: string) => string;
  /** The socket file of the node's control interface. */
  readonly socketOf: (node: string) => string;
  readonly close: () => void;
}

/** Where the home is: `PERIGEE_HOME`, else `OCKAM_HOME`, else `.perigee` in the user's directory. */
export function homeDirectory(environment: Readonly<Record<string, string | undefined>>): string {
  return path.resolve(environment['PERIGEE_HOME'] || environment['OCKAM_HOME'] || path.join(homedir(), '.perigee'));
}

/**
 * Opens the home in `directory`, which is made if need be.
 * @throws {NodeError} NODE_HOME · {StorageError} as `openDatabase`
 */
export function openHomeAt(directory: string): Home {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    if (process.platform !== 'win32') chmodSync(directory, 0o700);
  } catch (cause) {
    throw new NodeError('NODE_HOME', `the home ${quoted(directory)} cannot be used`, {
      cause,
      remedy: 'choose another one with PERIGEE_HOME',
    });
  }
  const database = openHome(directory, { parts: [NODE_TABLES] });
  return {
    directory,
    database,
    nodes: new NodeRegistry(database),
    identities: new IdentityRegistry(database),
    projects: new ProjectRegistry(database),
    nodeDirectory: (name) => path.join(directory, 'nodes', name),
    projectDirectory: (id) => path.join(directory, 'projects', id),
    socketOf: (node) => path.join(directory, 'run', `${shortName(node)}.sock`),
    close: () => database.close(),
    [Symbol.dispose]: () => database.close(),
  };
}

/** As long for every node: the path of a socket file has a limit. The module is a large one, and few commands need it. */
function shortName(node: string): string {
  const { hash } = process.getBuiltinModule('node:crypto');
  return hash('sha256', node, 'hex').slice(0, 16);
}
