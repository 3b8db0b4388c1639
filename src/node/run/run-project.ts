import { getLogger } from '@logtape/logtape';
import {
  ENROLLER,
  type MemberAttributes,
  RELAY_ATTRIBUTE,
  ROLE_ATTRIBUTE,
  TLS_ATTRIBUTE,
} from '../../project/authority/index.ts';
import { parseServiceRoute, projectModelOf, projectToJson } from '../../project/enrollment/index.ts';
import { GATEWAY_ATTRIBUTE, SAT_ATTRIBUTE } from '../../constellation/session/index.ts';
import { SqliteMemberStore, SqliteRevocationStore, SqliteTokenStore } from '../../storage/sqlite/index.ts';
import { type Identifier, type Identity, parseIdentifier } from '../../trust/identity/index.ts';
import { NodeError } from '../errors.ts';
import type { Home, HostedProject } from '../home/index.ts';
import { openHomeAt } from '../home/index.ts';
import { knownIdentity } from '../histories/index.ts';
import { coreStores, createIdentity } from '../identity/index.ts';
import { identityProviderAt } from '../identity-provider/index.ts';
import { credentialTtlOf, publicRoute, startProjectHost } from '../project/index.ts';
import { aborted } from './aborted.ts';
import type { RunOptions } from './options.ts';

/** Attributes of those who are enrollers from the start: they may be anything in their own project. */
const ADMIN_ATTRIBUTES: MemberAttributes = new Map([
  [ROLE_ATTRIBUTE, ENROLLER],
  [RELAY_ATTRIBUTE, '*'],
  [TLS_ATTRIBUTE, 'true'],
  [GATEWAY_ATTRIBUTE, '*'],
  [SAT_ATTRIBUTE, '*'],
]);

/**
 * Runs the service process of the project with id `name` until `signal` is aborted: authority and project node.
 * @throws {NodeError} NODE_RUNNING, NODE_UNKNOWN · {TransportError} TRANSPORT_LISTEN_FAILED
 */
export async function runProject({
  home,
  name: id,
  signal,
  onReady,
  software,
  environment,
}: RunOptions): Promise<void> {
  const log = getLogger(['perigee', 'project']);
  const record = home.projects.byId(id);
  if (record?.hosted === undefined) throw new NodeError('NODE_UNKNOWN', `the project ${id} is not hosted here`);
  const { hosted, name } = record;
  await using open = new AsyncDisposableStack();
  home.projects.claim(id);
  open.defer(() => home.projects.release(id, process));
  // Its keys, members and invitations are its own, so that they can outlive the user's home.
  const place = open.use(openHomeAt(home.projectDirectory(id), { secretKey: home.secretKey }));
  const [node, authority] = [await ownIdentity(place, 'node'), await ownIdentity(place, 'authority')];
  const host = await startProjectHost({
    projectId: id,
    stores: coreStores(place, 'project'),
    members: new SqliteMemberStore(place.database, authority.identifier),
    tokens: new SqliteTokenStore(place.database, authority.identifier),
    revocations: new SqliteRevocationStore(place.database),
    credentialTtlSeconds: credentialTtlOf(environment),
    identityProvider: hosted.okta && identityProviderAt(hosted.okta),
    node: { identity: node.identifier, listenAt: hosted.nodeAt },
    authority: { identity: authority.identifier, listenAt: hosted.authorityAt },
    preTrusted: new Map(
      hosted.admins.map((admin): [Identifier, MemberAttributes] => [parseIdentifier(admin), ADMIN_ATTRIBUTES]),
    ),
  });
  open.defer(host.close);
  const started: HostedProject = { ...hosted, nodeAt: host.nodeAt, authorityAt: host.authorityAt };
  const model = projectModelOf({
    id,
    name,
    spaceId: home.spaces.ensure(hosted.space).id,
    spaceName: hosted.space,
    oktaConfig: hosted.okta,
    version: software.slice(software.lastIndexOf(' ') + 1),
    node: {
      identity: node,
      route: parseServiceRoute(publicRoute(host.nodeAt, hosted.publicAddress), 'access route'),
    },
    authority: {
      identity: authority,
      route: parseServiceRoute(publicRoute(host.authorityAt, hosted.authorityPublicAddress), 'authority access route'),
    },
  });
  home.projects.put({ id, name, model: projectToJson(model), hosted: started });
  log.info('the project {name} is up: node at {nodeAt}, authority at {authorityAt}', { name, ...host });
  await onReady();
  await aborted(signal);
  log.info('the project {name} ends: {reason}', { name, reason: String(signal.reason) });
}

async function ownIdentity(place: Home, name: string): Promise<Identity> {
  await createIdentity(place, name);
  return knownIdentity(place, name);
}
