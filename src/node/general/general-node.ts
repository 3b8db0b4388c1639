import { type ChannelListener, listenForChannels } from '../../network/channel/index.ts';
import { startRelayService } from '../../network/relay/index.ts';
import {
  ALLOWED,
  allowAll,
  allowIncomingPeer,
  cachedPeerDecision,
  localAddress,
  startEcho,
  startUppercase,
} from '../../network/routing/index.ts';
import type { Listener } from '../../network/transport/index.ts';
import { mayRegisterRelay } from '../../project/relay-service/index.ts';
import { trustEveryone } from '../../trust/credential/index.ts';
import type { Identifier } from '../../trust/identity/index.ts';
import type { Core, Membership } from '../core/index.ts';
import type { ResourceStore } from '../home/index.ts';
import { accessTo, atMostOneASecond, type PolicyLookup, type ProtectedResource } from './access.ts';
import { Entrances } from './entrances.ts';
import type { Calls, NodePart } from './part.ts';
import type { WayContext } from './way.ts';

/** A general node to start. */
export interface GeneralNodeOptions {
  readonly core: Core;
  readonly identity: Identifier;
  readonly membership: Membership | undefined;
  readonly listenAt: string;
  readonly resources: ResourceStore;
  readonly policyOf: PolicyLookup;
  /** Identifier of an identity of this home by its name. @throws {NodeError} NODE_UNKNOWN */
  readonly identityNamed: (name: string) => Identifier;
  /** Makes the parts beside the default services. */
  readonly parts: readonly ((inside: GeneralInside) => NodePart)[];
}

/** What the parts of a general node share. */
export interface GeneralInside extends WayContext {
  readonly entrances: Entrances;
  /** Where other nodes connect to. */
  readonly entrance: Listener;
  /** The listener for channels at `api`. */
  readonly listener: ChannelListener;
  readonly resources: ResourceStore;
  readonly identityNamed: (name: string) => Identifier;
  /** Who may use a resource; see {@link accessTo}. */
  readonly accessTo: (resource: ProtectedResource) => ReturnType<typeof accessTo>;
}

/** A running general node. */
export interface GeneralNode {
  /** Where it really listens, `host:port`. */
  readonly listenAt: string;
  readonly calls: Calls;
  readonly status: () => Readonly<Record<string, unknown>>;
  readonly close: () => Promise<void>;
}

/**
 * Starts a node with the default services (`commands.md` §8.3): `uppercase`, `echo`, the listener `api`, the relay services; then
 * its parts, with what they had.
 * @throws {TransportError} TRANSPORT_LISTEN_FAILED, TRANSPORT_INVALID_ADDRESS
 */
export async function startGeneralNode(options: GeneralNodeOptions): Promise<GeneralNode> {
  const { core, identity, membership, listenAt, resources, policyOf, identityNamed } = options;
  const { router, transport, channels, log } = core;
  const authority = membership?.authority;
  const entrances = new Entrances(router.flows);
  const onDenied = atMostOneASecond(router.clock, ({ type, name }, peer, reason) =>
    log.warn('{peer} was refused by the {type} {name}: {reason}', { peer, type, name, reason }),
  );
  const access = (resource: ProtectedResource): ReturnType<typeof accessTo> =>
    accessTo(resource, { clock: router.clock, attributes: channels.attributes, authority, policyOf, onDenied });

  const entrance = await transport.listen(listenAt);
  const listener = listenForChannels(channels, {
    address: localAddress('api'),
    identity,
    // Who it is decides its credential, at each message.
    trust: trustEveryone,
    authority,
    credential: membership?.credential,
  });
  entrances.open(entrance.flowControlId, 'tcp');
  entrances.open(listener.flowControlId, 'channel');
  entrances.admit(listener.address, ['tcp', 'channel']);

  const uppercase = startUppercase(router, { incoming: allowAll });
  entrances.admit(uppercase.mailbox.address, ['tcp', 'channel']);
  const echoAccess = access({ type: 'echoer', name: 'echo' });
  const echo = startEcho(router, {
    incoming: echoAccess === 'anyone' ? allowAll : allowIncomingPeer(cachedPeerDecision(echoAccess, router.clock)),
  });
  entrances.admit(echo.mailbox.address, ['tcp', 'channel']);
  const relays = startRelayService(router, {
    mayRegister: (name, peer) =>
      authority === undefined
        ? ALLOWED
        : mayRegisterRelay(name, peer, { router, attributes: channels.attributes, authority }),
    reachableFrom: [entrance.flowControlId, listener.flowControlId],
    onEvent: (event) => log.info('relay service: {event}', { event }),
  });

  const inside: GeneralInside = {
    core,
    identity,
    membership,
    entrances,
    entrance,
    listener,
    resources,
    identityNamed,
    accessTo: access,
  };
  const parts: NodePart[] = options.parts.map((make) => make(inside));
  for (const part of parts) await part.restore?.();
  return {
    listenAt: entrance.at,
    calls: Object.assign({}, ...parts.map(({ calls }) => calls)) as Calls,
    status: () =>
      Object.assign({}, ...parts.map(({ status }) => status?.() ?? {})) as Readonly<Record<string, unknown>>,
    close: async () => {
      for (const part of parts.toReversed()) await part.close();
      relays.stop();
      listener.close();
      for (const channel of listener.channels) channel.close();
      await entrance.close();
    },
  };
}
