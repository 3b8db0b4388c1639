import { MemoryAttributeStore } from '../../trust/credential/index.ts';
import {
  changeHistoryFromHex,
  type Identifier,
  MemoryChangeHistoryStore,
  MemoryPurposeKeyStore,
} from '../../trust/identity/index.ts';
import { MemorySecretStore } from '../../trust/vault/index.ts';
import { type Core, createCore, joinProject, logRevoked, type Membership, requireOwnKey } from '../core/index.ts';
import { NodeError } from '../errors.ts';
import { systemClock } from '../system/index.ts';
import type { NodeOptions } from './options.ts';

/** All own credentials of a home are kept together: nodes with one identity share them. */
const CREDENTIALS_OF_HOME = '';

/** What a node in a program is made of. */
export interface Inside {
  readonly core: Core;
  readonly identity: Identifier;
  readonly membership: Membership | undefined;
  /** Whose credentials count. */
  readonly authority: Identifier | undefined;
}

/** Makes it; `open` takes what is to be closed again. */
export async function insideOf(options: NodeOptions, open: AsyncDisposableStack): Promise<Inside> {
  const { project, authority } = options;
  if (project !== undefined && authority !== undefined) {
    throw new NodeError('NODE_INPUT', 'a node has the authority of its project, or another one, not both');
  }
  const inside = options.home === undefined ? await inMemory(options, open) : await inHome(options.home, options, open);
  if (authority === undefined) return inside;
  const { identifier } = await inside.core.identities.receive(changeHistoryFromHex(authority));
  return { ...inside, authority: identifier };
}

async function inMemory(options: NodeOptions, open: AsyncDisposableStack): Promise<Inside> {
  for (const name of ['identity', 'project', 'secretKey'] as const) {
    if (options[name] !== undefined) throw new NodeError('NODE_INPUT', `${name} is given without a home`);
  }
  const stores = {
    secrets: new MemorySecretStore(),
    histories: new MemoryChangeHistoryStore(),
    purposeKeys: new MemoryPurposeKeyStore(),
    attributes: new MemoryAttributeStore(),
  };
  const core = createCore({ stores, name: 'node' });
  open.defer(core.stop);
  const { identifier } = await core.identities.create();
  return { core, identity: identifier, membership: undefined, authority: undefined };
}

/** The database is loaded only by who wants a home. */
async function inHome(directory: string, options: NodeOptions, open: AsyncDisposableStack): Promise<Inside> {
  const { openHomeAt } = await import('../home/index.ts');
  const { coreStores, ensureIdentity } = await import('../identity/index.ts');
  const { secretKey, project } = options;
  const home = open.use(openHomeAt(directory, { secretKey: secretKey && (() => secretKey) }));
  const { name, identifier: identity } = await ensureIdentity(home, options.identity, () => undefined);
  // No node of the home can have this name, and what it learned would go with that one.
  const stores = coreStores(home, `program:${name}`);
  if (project === undefined) {
    const core = createCore({ stores, name: 'node' });
    open.defer(core.stop);
    await requireOwnKey(core, identity);
    return { core, identity, membership: undefined, authority: undefined };
  }
  const { projectFromJson, readyProject } = await import('../../project/enrollment/index.ts');
  const { RevocationGuard } = await import('../../project/revocation/index.ts');
  const { SqliteCredentialStore, SqliteRevocationStore } = await import('../../storage/sqlite/index.ts');
  const known = home.projects.get(project);
  const guard = new RevocationGuard({
    store: new SqliteRevocationStore(home.database),
    attributes: stores.attributes,
    clock: systemClock,
    onRevoked: (revocation, channels) => logRevoked(core, revocation, channels),
  });
  const core = createCore({ stores, guard, name: 'node' });
  open.defer(core.stop);
  await requireOwnKey(core, identity);
  const membership = await joinProject(core, {
    project: readyProject(projectFromJson(known.model)),
    identity,
    credentials: new SqliteCredentialStore(home.database, CREDENTIALS_OF_HOME),
    guard,
  });
  open.defer(membership.close);
  return { core, identity, membership, authority: membership.authority };
}
