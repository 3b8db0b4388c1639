import { parseProjectFile, projectToJson, readyProject } from '../../project/enrollment/index.ts';
import { quoted } from '../../kernel/index.ts';
import { NodeError } from '../errors.ts';
import type { Home, ProjectRecord } from '../home/index.ts';

/**
 * Makes a project known from its JSON, in place of what was known of its id (`project.md` §5.2). One that is hosted here is what its
 * own process says: a file may repeat that, not change it.
 * @throws {EnrollmentError} ENROLLMENT_INVALID_PROJECT, and as `readyProject` for one with both change histories · {NodeError} NODE_IN_USE
 */
export function importProject(home: Home, text: string): ProjectRecord {
  const model = parseProjectFile(text);
  // Without them it is only known by name; with them, whatever is wrong must show now and not when it is used.
  if (model.projectChangeHistory !== undefined && model.authorityIdentity !== undefined) readyProject(model);
  const known = home.projects.byId(model.id);
  if (known?.hosted !== undefined) {
    const same = known.model as Readonly<Record<string, unknown>>;
    if (
      same['project_change_history'] === model.projectChangeHistory &&
      same['authority_identity'] === model.authorityIdentity
    ) {
      return known;
    }
    throw new NodeError('NODE_IN_USE', `The project ${quoted(known.name)} with that id is hosted here`);
  }
  const name = home.projects.put({ id: model.id, name: model.name, model: projectToJson(model), hosted: undefined });
  return home.projects.get(name);
}
