import { projectFromJson, readyProject } from '../../project/enrollment/index.ts';
import { SqliteCredentialStore } from '../../storage/sqlite/index.ts';
import type { Identifier } from '../../trust/identity/index.ts';
import { createCore, joinProject, type Membership } from '../core/index.ts';
import type { Home, ProjectRecord } from '../home/index.ts';
import { coreStores } from '../identity/index.ts';
import { exchangeMessage, type MessageRequest } from './messages.ts';

/** Whose attributes are learned meanwhile; nothing is left under it. */
const SHORT_LIVED = '';

/**
 * Sends one message from this process, as `identity`; afterwards there is nothing of it in the home.
 * @param project whose `/project` the route starts with, if it does.
 * @throws as {@link exchangeMessage}
 */
export async function sendFromHere(
  home: Home,
  { identity, project, ...message }: MessageRequest & { identity: Identifier; project: ProjectRecord | undefined },
): Promise<Uint8Array> {
  const core = createCore({ stores: coreStores(home, SHORT_LIVED), name: 'command' });
  let membership: Membership | undefined;
  try {
    if (project !== undefined) {
      membership = await joinProject(core, {
        project: readyProject(projectFromJson(project.model)),
        identity,
        credentials: new SqliteCredentialStore(home.database, SHORT_LIVED),
      });
    }
    return await exchangeMessage({ core, identity, membership }, message);
  } finally {
    membership?.close();
    await core.stop();
  }
}
