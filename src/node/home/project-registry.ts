import { quoted } from '../../kernel/errors/index.ts';
import type { OktaConfig } from '../../project/enrollment/index.ts';
import type { Database, Row } from '../../storage/database/index.ts';
import { NodeError } from '../errors.ts';
import { ownProcess, type ProcessId, processState, type ProcessState } from '../process-table/index.ts';
import { PROCESS_COLUMNS, processOf } from './process-columns.ts';

/** How a project that this machine hosts is started. */
export interface HostedProject {
  /** `host:port` to listen on; the port is the one that was free at the first start. */
  readonly nodeAt: string;
  readonly authorityAt: string;
  /** `host` or `host:port` under which others reach it; undefined: where it listens. */
  readonly publicAddress?: string | undefined;
  readonly authorityPublicAddress?: string | undefined;
  readonly space: string;
  /** Identifiers that are enrollers from the start. */
  readonly admins: readonly string[];
  /** Who signs in there becomes a member. */
  readonly okta?: OktaConfig | undefined;
}

/** A project that this home knows. */
export interface ProjectRecord {
  readonly id: string;
  readonly name: string;
  /** JSON of the project (`project.md` §5.2). */
  readonly model: unknown;
  /** Set when its service process belongs to this home. */
  readonly hosted: HostedProject | undefined;
  readonly isDefault: boolean;
  readonly status: ProcessState;
  readonly process: ProcessId | undefined;
}

const COLUMNS = `id, name, model, hosted, is_default, ${PROCESS_COLUMNS}`;

/** The projects of a home, hosted here or joined. */
export class ProjectRegistry {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  find(name: string): ProjectRecord | undefined {
    const row = this.#database.get(`SELECT ${COLUMNS} FROM project WHERE name = ?`, name);
    return row && projectOf(row);
  }

  byId(id: string): ProjectRecord | undefined {
    const row = this.#database.get(`SELECT ${COLUMNS} FROM project WHERE id = ?`, id);
    return row && projectOf(row);
  }

  default(): ProjectRecord | undefined {
    const row = this.#database.get(`SELECT ${COLUMNS} FROM project WHERE is_default = 1`);
    return row && projectOf(row);
  }

  /**
   * The project of that name, or the default one.
   * @throws {NodeError} NODE_UNKNOWN
   */
  get(name: string | undefined): ProjectRecord {
    const project = name === undefined ? this.default() : this.find(name);
    if (project !== undefined) return project;
    throw name === undefined
      ? new NodeError('NODE_UNKNOWN', 'There is no default project defined. Please enroll or create a project.', {
          remedy: "make one with 'perigee project create', or join one with 'perigee project enroll TICKET'",
        })
      : new NodeError('NODE_UNKNOWN', `Failed to get project ${quoted(name)}`, {
          remedy: "see which there are with 'perigee project list'",
        });
  }

  /** By name. */
  list(): readonly ProjectRecord[] {
    return this.#database.all(`SELECT ${COLUMNS} FROM project ORDER BY name`).map(projectOf);
  }

  /**
   * Records a project, or what is known of it now; the first one is the default.
   * @returns the name it stands under: its own, or with a number behind it when another project has that.
   */
  put(project: Pick<ProjectRecord, 'id' | 'name' | 'model' | 'hosted'>): string {
    const { id, model, hosted } = project;
    return this.#database.write(() => {
      const known = this.byId(id);
      const name = known?.name ?? this.#freeName(project.name);
      const isDefault = known?.isDefault ?? this.default() === undefined;
      this.#database.run(
        `INSERT INTO project (id, name, model, hosted, is_default) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET model = excluded.model, hosted = coalesce(excluded.hosted, hosted)`,
        id,
        name,
        JSON.stringify(model),
        hosted === undefined ? null : JSON.stringify(hosted),
        Number(isDefault),
      );
      return name;
    });
  }

  /** Makes this process the one that hosts the project. @throws {NodeError} NODE_RUNNING */
  claim(id: string): void {
    this.#database.write(() => {
      const project = this.byId(id);
      if (project?.status === 'running')
        throw new NodeError('NODE_RUNNING', `The project ${project.name} is already running`);
      this.adopt(id, ownProcess());
    });
  }

  /** Says which process hosts the project. */
  adopt(id: string, { pid, startedAt }: ProcessId): void {
    this.#database.run('UPDATE project SET pid = ?, process_started_at = ? WHERE id = ?', pid, startedAt, id);
  }

  /** Says that the process of the project is over. */
  release(id: string, { pid }: Pick<ProcessId, 'pid'>): void {
    this.#database.run('UPDATE project SET pid = NULL, process_started_at = NULL WHERE id = ? AND pid = ?', id, pid);
  }

  setDefault(name: string): void {
    this.#database.run('UPDATE project SET is_default = (name = ?)', name);
  }

  /** Forgets a project; another one becomes the default when it was that. */
  delete(id: string): void {
    this.#database.write(() => {
      this.#database.run('DELETE FROM project WHERE id = ?', id);
      const [heir] = this.list();
      if (heir !== undefined && this.default() === undefined) this.setDefault(heir.name);
    });
  }

  #freeName(wanted: string): string {
    for (let i = 2, name = wanted; ; name = `${wanted}-${i++}`) if (this.find(name) === undefined) return name;
  }
}

function projectOf(row: Row): ProjectRecord {
  const process = processOf(row);
  const status = process === undefined ? 'stopped' : processState(process);
  const hosted = row.optionalText('hosted');
  return {
    id: row.text('id'),
    name: row.text('name'),
    model: row.parsed('model', (text): unknown => JSON.parse(text)),
    hosted: hosted === undefined ? undefined : row.parsed('hosted', (text) => JSON.parse(text) as HostedProject),
    isDefault: row.flag('is_default'),
    status,
    process: status === 'stopped' ? undefined : process,
  };
}
