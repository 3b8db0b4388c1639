import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { parseServiceRoute, projectFromJson, projectToJson } from '../../project/enrollment/index.ts';
import { parseHostnamePort } from '../../network/routing/index.ts';
import {
  changeHistoryFromHex,
  changeHistoryToHex,
  type Identifier,
  isIdentifier,
  verifyHistory,
} from '../../trust/identity/index.ts';
import { hasCode, quoted } from '../../kernel/index.ts';
import { NodeError } from '../errors.ts';
import type { Home, NamedIdentity } from '../home/index.ts';
import { knownIdentity } from '../histories/index.ts';
import { identitiesOf } from '../identity/index.ts';
import type { AuthorityConfiguration } from './authority-configuration.ts';

/** Specification: how often, and every how many milliseconds, the file is looked for. */
const ATTEMPTS = 100;
const INTERVAL_MS = 5000;
/** Specification: what the project is called here. */
const NAME = 'default';

/** Whose project it is. */
export interface AuthorityProject {
  /** Name of the authority's node. */
  readonly node: string;
  /** Of the authority. */
  readonly identity: NamedIdentity;
  /** With the project node's identifier, or with its change history, hex. */
  readonly file: string;
  /** To the project node. */
  readonly route: string;
  readonly signal: AbortSignal;
}

/**
 * Makes the project of an authority known here, once the file that names its node is there; gives its name. By an identifier alone,
 * the history must be known in this home for the project to be usable.
 * @throws {NodeError} NODE_INPUT when there is no such file in time, or it names nobody · {EnrollmentError} ENROLLMENT_INVALID_ROUTE
 */
export async function importAuthorityProject(home: Home, options: AuthorityProject): Promise<string> {
  const { node, identity, file, signal } = options;
  const route = parseServiceRoute(options.route, 'access route').text;
  const { projectIdentifier, listenAt } = home.nodes.get(node).configuration as AuthorityConfiguration;
  const projectNode = await projectNodeIn(home, await waitFor(file, signal), file);
  const model = projectFromJson({
    id: projectIdentifier,
    name: NAME,
    space_id: '',
    space_name: '',
    access_route: route,
    users: [],
    user_roles: [],
    identity: projectNode.identifier,
    project_change_history: projectNode.history,
    authority_identity: changeHistoryToHex((await knownIdentity(home, identity.name)).history),
    authority_access_route: `/dnsaddr/127.0.0.1/tcp/${parseHostnamePort(listenAt).port}/service/api`,
  });
  return home.projects.put({ id: model.id, name: NAME, model: projectToJson(model), hosted: undefined });
}

async function projectNodeIn(
  home: Home,
  text: string,
  file: string,
): Promise<{ readonly identifier: Identifier; readonly history: string | undefined }> {
  if (isIdentifier(text)) {
    const known = await identitiesOf(home).find(text);
    return { identifier: text, history: known && changeHistoryToHex(known.history) };
  }
  try {
    return { identifier: verifyHistory(changeHistoryFromHex(text)).identifier, history: text };
  } catch (cause) {
    throw new NodeError('NODE_INPUT', `the file ${quoted(file)} has neither an identifier nor a change history`, {
      cause,
      remedy: 'write what this prints at the project node: perigee identity show --full --encoding hex',
    });
  }
}

async function waitFor(file: string, signal: AbortSignal): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    try {
      return (await readFile(file, 'utf8')).trim();
    } catch (cause) {
      if (!hasCode(cause, 'ENOENT') || attempt === ATTEMPTS) {
        throw new NodeError('NODE_INPUT', `the file ${quoted(file)} cannot be read`, { cause });
      }
    }
    await wait(INTERVAL_MS, undefined, { signal });
  }
}
