import { quoted } from '../../kernel/errors/index.ts';
import type { Database, Row } from '../../storage/database/index.ts';
import { NodeError } from '../errors.ts';
import { ownProcess, type ProcessId, processState, type ProcessState } from '../process-table/index.ts';
import { PROCESS_COLUMNS, processOf } from './process-columns.ts';

/** What a node does. */
export type NodeKind = 'node' | 'gateway' | 'sat' | 'authority';

/** How the process of a node stands. */
export type NodeStatus = ProcessState;

/** A node as it was created. */
export interface NodeRecord {
  readonly name: string;
  readonly kind: NodeKind;
  /** Name of its identity. */
  readonly identity: string;
  /** What its kind needs to start; JSON. */
  readonly configuration: unknown;
  readonly isDefault: boolean;
  readonly status: NodeStatus;
  /** Undefined when it is stopped. */
  readonly process: ProcessId | undefined;
}

const COLUMNS = `name, kind, identity, configuration, is_default, ${PROCESS_COLUMNS}`;

/** The nodes of a home. */
export class NodeRegistry {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  find(name: string): NodeRecord | undefined {
    const row = this.#database.get(`SELECT ${COLUMNS} FROM node WHERE name = ?`, name);
    return row && nodeOf(row);
  }

  /** @throws {NodeError} NODE_UNKNOWN */
  get(name: string): NodeRecord {
    const node = this.find(name);
    if (node !== undefined) return node;
    throw new NodeError('NODE_UNKNOWN', `The node ${quoted(name)} was not found`, {
      remedy: "see which there are with 'perigee node list'",
    });
  }

  /** @throws {NodeError} NODE_UNKNOWN when there is no node */
  default(): NodeRecord {
    const row = this.#database.get(`SELECT ${COLUMNS} FROM node WHERE is_default = 1`);
    if (row === undefined) throw new NodeError('NODE_UNKNOWN', 'There is no default node');
    return nodeOf(row);
  }

  /** By name. */
  list(): readonly NodeRecord[] {
    return this.#database.all(`SELECT ${COLUMNS} FROM node ORDER BY name`).map(nodeOf);
  }

  /**
   * Records a node, in place of a stopped one of its name; the first one is the default.
   * @throws {NodeError} NODE_RUNNING
   */
  put({ name, kind, identity, configuration }: Pick<NodeRecord, 'name' | 'kind' | 'identity' | 'configuration'>): void {
    this.#database.write(() => {
      const known = this.find(name);
      if (known?.status === 'running') {
        throw new NodeError('NODE_RUNNING', `Node ${name} has been already created`, {
          remedy: `delete it first: perigee node delete ${name}`,
        });
      }
      const isDefault = known?.isDefault ?? this.#database.get('SELECT 1 FROM node') === undefined;
      this.#database.run(
        `INSERT OR REPLACE INTO node (${COLUMNS}) VALUES (?, ?, ?, ?, ?, NULL, NULL)`,
        name,
        kind,
        identity,
        JSON.stringify(configuration),
        Number(isDefault),
      );
    });
  }

  /** Changes what a node starts with next time. */
  configure(name: string, configuration: unknown): void {
    this.#database.run('UPDATE node SET configuration = ? WHERE name = ?', JSON.stringify(configuration), name);
  }

  /**
   * Makes this process the one that runs the node.
   * @throws {NodeError} NODE_RUNNING, NODE_UNKNOWN
   */
  claim(name: string): NodeRecord {
    return this.#database.write(() => {
      const node = this.get(name);
      if (node.status === 'running') throw new NodeError('NODE_RUNNING', `Node ${name} is already running`);
      const { pid, startedAt } = ownProcess();
      this.#database.run('UPDATE node SET pid = ?, process_started_at = ? WHERE name = ?', pid, startedAt, name);
      return node;
    });
  }

  /** Says that the process of the node is over; harmless when another one has claimed it meanwhile. */
  release(name: string, { pid }: Pick<ProcessId, 'pid'>): void {
    this.#database.run('UPDATE node SET pid = NULL, process_started_at = NULL WHERE name = ? AND pid = ?', name, pid);
  }

  /** Whether the process that ran the node is gone without having released it: it crashed or was killed. */
  isUnreleased(name: string): boolean {
    const row = this.#database.get('SELECT 1 FROM node WHERE name = ? AND pid IS NOT NULL', name);
    return row !== undefined && this.find(name)?.status === 'stopped';
  }

  setDefault(name: string): void {
    this.#database.run('UPDATE node SET is_default = (name = ?)', name);
  }

  /** Whether credentials are kept for the node; answered here, so that who has none loads nothing to read them with. */
  hasCredentials(name: string): boolean {
    return this.#database.get('SELECT 1 FROM credential WHERE node = ? LIMIT 1', name) !== undefined;
  }

  /** Forgets the portals, relays and other resources of a node, and its policies. */
  forgetResources(name: string): void {
    for (const table of ['node_resource', 'resource_policy']) {
      this.#database.run(`DELETE FROM ${table} WHERE node = ?`, name);
    }
  }

  /** Forgets a node and what was learned for it; another one becomes the default when it was that. */
  delete(name: string): void {
    this.#database.write(() => {
      for (const table of ['identity_attributes', 'credential', 'node_resource', 'resource_policy']) {
        this.#database.run(`DELETE FROM ${table} WHERE node = ?`, name);
      }
      this.#database.run('DELETE FROM node WHERE name = ?', name);
      const heir = this.#database.get('SELECT name FROM node ORDER BY name LIMIT 1');
      if (heir !== undefined && this.#database.get('SELECT 1 FROM node WHERE is_default = 1') === undefined) {
        this.setDefault(heir.text('name'));
      }
    });
  }
}

function nodeOf(row: Row): NodeRecord {
  const process = processOf(row);
  const status = process === undefined ? 'stopped' : processState(process);
  return {
    name: row.text('name'),
    kind: row.parsed('kind', kindOf),
    identity: row.text('identity'),
    configuration: row.parsed('configuration', (text): unknown => JSON.parse(text)),
    isDefault: row.flag('is_default'),
    status,
    process: status === 'stopped' ? undefined : process,
  };
}

function kindOf(text: string): NodeKind {
  if (text === 'node' || text === 'gateway' || text === 'sat' || text === 'authority') return text;
  throw new TypeError(`no kind of node: ${quoted(text)}`);
}
