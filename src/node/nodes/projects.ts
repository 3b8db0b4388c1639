import { toHex } from '../../kernel/index.ts';
import type { OktaConfig } from '../../project/enrollment/index.ts';
import { NodeError } from '../errors.ts';
import { type Home, type HostedProject, type ProjectRecord, removeFolder } from '../home/index.ts';
import { launch, stopProcess } from '../process/index.ts';
import { systemRandom } from '../system/index.ts';
import { launchOf, type Starter } from './lifecycle.ts';

/** A project to make. */
export interface NewProjectTerms extends HostedProject {
  readonly name: string;
}

/** A project that was just recorded. */
export interface RecordedProject extends Pick<ProjectRecord, 'id' | 'name'> {
  /** Takes it back: nothing is left. */
  readonly forget: () => void;
}

/** Records a project whose service process is to be started here. @throws {NodeError} NODE_IN_USE */
export function recordProject(home: Home, { name, ...hosted }: NewProjectTerms): RecordedProject {
  if (home.projects.find(name) !== undefined) {
    throw new NodeError('NODE_IN_USE', `Conflict with project named ${name}`, {
      remedy: `choose another name, or delete it with: perigee project delete ${name}`,
    });
  }
  const id = toHex(systemRandom(16));
  const isNewSpace = home.spaces.find(hosted.space) === undefined;
  home.spaces.ensure(hosted.space);
  home.projects.put({ id, name, model: {}, hosted });
  return {
    id,
    name,
    forget: () => {
      home.projects.delete(id);
      if (isNewSpace) home.spaces.delete(hosted.space);
      removeFolder(home.projectDirectory(id));
    },
  };
}

/**
 * Makes a project and starts its service process; when that fails nothing is left.
 * @throws {NodeError} NODE_IN_USE, NODE_START_FAILED
 */
export async function createProject(home: Home, terms: NewProjectTerms, starter: Starter): Promise<ProjectRecord> {
  const recorded = recordProject(home, terms);
  try {
    await startProject(home, recorded, starter);
  } catch (error) {
    recorded.forget();
    throw error;
  }
  return known(home, recorded.id);
}

/** Starts the service process of a hosted project. @throws {NodeError} NODE_START_FAILED */
export async function startProject(
  home: Home,
  { id, name }: Pick<ProjectRecord, 'id' | 'name'>,
  starter: Starter,
): Promise<void> {
  await launch({
    ...launchOf(home, 'project', id, starter),
    directory: home.projectDirectory(id),
    name: `the project ${name}`,
  });
}

/** Stops the service process of a hosted project. @throws {NodeError} NODE_STOP_FAILED */
export async function stopProject(
  home: Home,
  { id, name, process: running }: ProjectRecord,
  onForce: () => void,
): Promise<void> {
  if (running === undefined) return;
  await stopProcess(running, `the project ${name}`, onForce);
  home.projects.release(id, running);
}

/**
 * Gives a hosted project an identity provider, or none; it is started anew when it runs. When it does not start with the provider it keeps
 * what it had.
 * @throws {NodeError} NODE_INPUT, for a project that is not hosted here · NODE_STOP_FAILED, NODE_START_FAILED
 */
export async function setIdentityProvider(
  home: Home,
  project: ProjectRecord,
  okta: OktaConfig | undefined,
  { starter, onForce }: { readonly starter: Starter; readonly onForce: () => void },
): Promise<void> {
  const { id, name, model, hosted, status } = project;
  if (hosted === undefined) {
    throw new NodeError('NODE_INPUT', `the project ${name} is not hosted here`, {
      remedy: 'configure it where it was created',
    });
  }
  // Loaded here, since every other operation of this folder does without it.
  const { projectFromJson, projectToJson } = await import('../../project/enrollment/index.ts');
  await stopProject(home, project, onForce);
  // A project that has never run has no model yet.
  const told =
    Object.keys(model as object).length === 0 ? model : projectToJson({ ...projectFromJson(model), oktaConfig: okta });
  home.projects.put({ id, name, model: told, hosted: { ...hosted, okta } });
  if (status !== 'running') return;
  try {
    await startProject(home, project, starter);
  } catch (error) {
    home.projects.put({ id, name, model, hosted });
    throw error;
  }
}

/** Forgets a project; one that is hosted here is stopped, and its keys, members and invitations are deleted. */
export async function deleteProject(home: Home, project: ProjectRecord, onForce: () => void): Promise<void> {
  const users = home.nodes
    .list()
    .filter((node) => (node.configuration as { project?: unknown }).project === project.id);
  if (users.length > 0) {
    throw new NodeError(
      'NODE_IN_USE',
      `The project ${project.name} is used by the node(s): ${users.map(({ name }) => name).join(', ')}`,
      {
        remedy: 'delete the nodes first: perigee node delete NAME',
      },
    );
  }
  await stopProject(home, project, onForce);
  home.projects.delete(project.id);
  if (project.hosted !== undefined) removeFolder(home.projectDirectory(project.id));
}

function known(home: Home, id: string): ProjectRecord {
  const project = home.projects.byId(id);
  if (project === undefined) throw new NodeError('NODE_UNKNOWN', `the project ${id} was just deleted`);
  return project;
}
