import { projectFromJson, readyProject } from '../../../project/enrollment/index.ts';
import { SqliteCredentialStore } from '../../../storage/sqlite/index.ts';
import type { Identifier } from '../../../trust/identity/index.ts';
import { createCore, joinProject, type Membership } from '../../core/index.ts';
import type { Home, ProjectRecord, StatedAuthority } from '../../home/index.ts';
import { coreStores } from '../../identity/index.ts';
import { trustAuthority, type TrustedAuthority } from '../trusted-authority.ts';
import { exchangeMessage, type MessageRequest } from './messages.ts';

/** Whose attributes are learned meanwhile; nothing is left under it. */
const SHORT_LIVED = '';

/**
 * Sends one message from this process, as `identity`; afterwards there is nothing of it in the home.
 * @param project as whose member it is sent, if as one's; the route may start with its `/project`.
 * @param authority whose credentials count instead, and what is presented then.
 * @throws as {@link exchangeMessage}
 */
export async function sendFromHere(
  home: Home,
  {
    identity,
    project,
    authority,
    ...message
  }: MessageRequest & {
    readonly identity: Identifier;
    readonly project: ProjectRecord | undefined;
    readonly authority?: StatedAuthority | undefined;
  },
): Promise<Uint8Array> {
  const core = createCore({ stores: coreStores(home, SHORT_LIVED), name: 'command' });
  const credentials = new SqliteCredentialStore(home.database, SHORT_LIVED);
  let membership: Membership | undefined;
  let trusted: TrustedAuthority | undefined;
  try {
    if (project !== undefined) {
      membership = await joinProject(core, {
        project: readyProject(projectFromJson(project.model)),
        identity,
        credentials,
      });
    }
    if (authority !== undefined)
      trusted = await trustAuthority(core, { stated: authority, subject: identity, credentials });
    return await exchangeMessage({ core, identity, membership, trusted }, message);
  } finally {
    membership?.close();
    trusted?.close();
    await core.stop();
  }
}
