import type { Home, ProjectRecord } from '../../node/home/index.ts';
import { CliError } from '../errors.ts';

/** The named project, else the default one, which must be hosted here. @throws {CliError} CLI_FAILED · {NodeError} NODE_UNKNOWN */
export function hostedProject(home: Home, name: string | undefined): ProjectRecord {
  const project = home.projects.get(name);
  if (project.hosted !== undefined) return project;
  throw new CliError('CLI_FAILED', `the project ${project.name} is not hosted here`);
}
