import { homedir } from 'node:os';
import path from 'node:path';
import { quoted } from '../../kernel/errors/index.ts';
import { type Database, openHome } from '../../storage/database/index.ts';
import { NodeError } from '../errors.ts';
import { EnrollmentRegistry } from './enrollment-registry.ts';
import { IdentityRegistry } from './identity-registry.ts';
import { NodeRegistry } from './node-registry.ts';
import { ProjectRegistry } from './project-registry.ts';
import { SPACE_TABLES, SpaceRegistry } from './space-registry.ts';
import type { SecretKey } from './secret-key.ts';
import { NODE_TABLES } from './tables.ts';

// Not by an import: every short command opens a home (`hardening.md` §6).
const { chmodSync, mkdirSync, readdirSync } = process.getBuiltinModule('node:fs');

/** An open home. */
export interface Home extends Disposable {
  readonly directory: string;
  readonly database: Database;
  /** What unlocks the secret keys; undefined when they are kept plain. */
  readonly secretKey: SecretKey | undefined;
  readonly nodes: NodeRegistry;
  readonly identities: IdentityRegistry;
  readonly projects: ProjectRegistry;
  readonly spaces: SpaceRegistry;
  readonly enrollments: EnrollmentRegistry;
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

/** How to open a home. */
export interface HomeOptions {
  /** What unlocks the secret keys; asked when they are first needed. Without one they are plain, or cannot be used when they are sealed. */
  readonly secretKey?: SecretKey | undefined;
}

/**
 * Opens the home in `directory`, which is made if need be.
 * @throws {NodeError} NODE_HOME · {StorageError} as `openDatabase`
 */
export function openHomeAt(directory: string, { secretKey }: HomeOptions = {}): Home {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    if (process.platform !== 'win32') chmodSync(directory, 0o700);
  } catch (cause) {
    throw new NodeError('NODE_HOME', `the home ${quoted(directory)} cannot be used`, {
      cause,
      remedy: 'choose another one with PERIGEE_HOME',
    });
  }
  const parts = [NODE_TABLES, SPACE_TABLES];
  const database = openHome(directory, { parts, mayBeNew: () => !hasLeftovers(directory) });
  return {
    directory,
    database,
    secretKey,
    nodes: new NodeRegistry(database),
    identities: new IdentityRegistry(database),
    projects: new ProjectRegistry(database),
    spaces: new SpaceRegistry(database),
    enrollments: new EnrollmentRegistry(database),
    nodeDirectory: (name) => path.join(directory, 'nodes', name),
    projectDirectory: (id) => path.join(directory, 'projects', id),
    socketOf: (node) => path.join(directory, 'run', `${shortName(node)}.sock`),
    close: () => database.close(),
    [Symbol.dispose]: () => database.close(),
  };
}

/** Whether a database that is gone has left something: a file that was emptied must not pass for a home that is new. */
function hasLeftovers(directory: string): boolean {
  return readdirSync(directory).some((name) => name === 'nodes' || name === 'projects' || name.startsWith('vault-'));
}

/** As long for every node: the path of a socket file has a limit. The module is a large one, and few commands need it. */
function shortName(node: string): string {
  const { hash } = process.getBuiltinModule('node:crypto');
  return hash('sha256', node, 'hex').slice(0, 16);
}
