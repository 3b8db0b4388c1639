import type { Membership } from '../core/index.ts';
import { NodeError } from '../errors.ts';
import {
  channelListenerPart,
  channelPart,
  connectionPart,
  inletPart,
  messagePart,
  outletPart,
  relayPart,
  servicePart,
  startGeneralNode,
  trustAuthority,
} from '../general/index.ts';
import { type GeneralConfiguration, ResourceStore } from '../home/index.ts';
import { listenReadOnly, type ReadOnlyServer } from '../http-server/index.ts';
import { policyFor, replacePolicy } from '../policies/index.ts';
import { type NodeResources, nodeResources, type ReportedStatus } from '../report/index.ts';
import { SqliteCredentialStore } from '../../storage/sqlite/index.ts';
import { type Body, type BodyParts, common } from './body.ts';

/** The body of a general node. @throws as `startGeneralNode` */
export async function generalBody(parts: BodyParts, membership: Membership | undefined): Promise<Body> {
  const { options, core, guard, identity, record } = parts;
  const { home, name } = options;
  const configuration = record.configuration as GeneralConfiguration;
  const trusted =
    configuration.authority &&
    (await trustAuthority(core, {
      stated: configuration.authority,
      subject: identity,
      // Where `credential store` puts what it is given for this node.
      credentials: new SqliteCredentialStore(home.database, name),
      guard,
    }));
  const node = await startGeneralNode({
    core,
    identity,
    membership,
    trusted,
    launch: configuration.launch,
    listenAt: configuration.listenAt,
    resources: new ResourceStore(home.database, name),
    policyOf: ({ type, name: resourceName }) => policyFor(home, name, { resourceType: type, resourceName }),
    protect: (resource, expression) => replacePolicy(home, name, { scope: 'name', resource, expression }),
    identityNamed: (wanted) => {
      const known = home.identities.get(wanted);
      if (known === undefined) throw new NodeError('NODE_UNKNOWN', `The identity ${wanted} was not found`);
      return known.identifier;
    },
    parts: [
      connectionPart,
      channelListenerPart,
      channelPart,
      messagePart,
      servicePart,
      outletPart,
      inletPart,
      relayPart,
    ],
  });
  const status = (): ReportedStatus & Readonly<Record<string, unknown>> => ({
    ...common(parts, membership),
    listenAt: node.listenAt,
    ...(http !== undefined && { httpServer: http.address }),
    ...node.status(),
  });
  const http = await openHttpServer(
    configuration.httpServer,
    () => nodeResources(home.nodes.get(name), status()),
    (error) => core.log.error('the HTTP server could not say what the node has: {error}', { error }),
  ).catch(async (error: unknown) => {
    await node.close();
    trusted?.close();
    throw error;
  });
  // The next start takes the same ports, so that whoever knows them finds the node again.
  const { listenAt } = node;
  home.nodes.configure(name, { ...configuration, listenAt, httpServer: http?.address } satisfies GeneralConfiguration);
  return {
    close: async () => {
      await http?.close();
      await node.close();
      trusted?.close();
    },
    handlers: { ...node.calls, 'GET /status': status },
  };
}

/** The node's HTTP server, which only tells what the node has (`commands.md` §8.3). @throws {NodeError} NODE_LISTEN */
async function openHttpServer(
  address: string | undefined,
  resources: () => NodeResources,
  onError: (error: unknown) => void,
): Promise<ReadOnlyServer | undefined> {
  if (address === undefined) return undefined;
  return listenReadOnly({
    host: '127.0.0.1',
    onError,
    ownNamesOnly: true,
    port: Number(address.slice(address.lastIndexOf(':') + 1)),
    answer: (method, path) => {
      const words = path.split('/').filter(Boolean);
      if (method === 'HEAD' && words.length === 0) return { status: 200, text: '' };
      if (method !== 'GET' || words.join('/') !== 'show') return { status: 404, text: '' };
      return { status: 200, headers: { 'content-type': 'application/json' }, text: JSON.stringify(resources()) };
    },
  });
}
