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
} from '../general/index.ts';
import { type GeneralConfiguration, ResourceStore } from '../home/index.ts';
import { policyFor } from '../policies/index.ts';
import { type Body, type BodyParts, common } from './body.ts';

/** The body of a general node. @throws as `startGeneralNode` */
export async function generalBody(parts: BodyParts, membership: Membership | undefined): Promise<Body> {
  const { options, core, identity, record } = parts;
  const { home, name } = options;
  const configuration = record.configuration as GeneralConfiguration;
  const node = await startGeneralNode({
    core,
    identity,
    membership,
    listenAt: configuration.listenAt,
    resources: new ResourceStore(home.database, name),
    policyOf: ({ type, name: resourceName }) => policyFor(home, name, { resourceType: type, resourceName }),
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
  // The next start takes the same port, so that whoever knows it finds the node again.
  home.nodes.configure(name, { ...configuration, listenAt: node.listenAt } satisfies GeneralConfiguration);
  return {
    close: node.close,
    handlers: {
      ...node.calls,
      'GET /status': () => ({ ...common(parts, membership), listenAt: node.listenAt, ...node.status() }),
    },
  };
}
