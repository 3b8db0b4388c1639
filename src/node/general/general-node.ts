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
import { trustEveryone, trustIdentifiers } from '../../trust/credential/index.ts';
import { type Identifier, parseIdentifier } from '../../trust/identity/index.ts';
import type { Core, Membership } from '../core/index.ts';
import type { LaunchConfiguration, ResourceStore } from '../home/index.ts';
import { accessTo, atMostOneASecond, type PolicyLookup, type ProtectedResource } from './access.ts';
import { Entrances } from './entrances.ts';
import type { Calls, NodePart } from './part.ts';
import type { Trusted, WayContext } from './way.ts';

/** A general node to start. */
export interface GeneralNodeOptions {
  readonly core: Core;
  readonly identity: Identifier;
  readonly membership: Membership | undefined;
  /** For a node that belongs to no project. */
  readonly trusted?: Trusted | undefined;
  /** What it starts with; all the default services unless given. */
  readonly launch?: LaunchConfiguration | undefined;
  readonly listenAt: string;
  readonly resources: ResourceStore;
  readonly policyOf: PolicyLookup;
  /** Sets the policy of a resource by its name; what it gives puts back the one before. @throws {PolicyError} for an expression that is none */
  readonly protect: (name: string, expression: string) => () => void;
  /** Identifier of an identity of this home by its name. @throws {NodeError} NODE_UNKNOWN */
  readonly identityNamed: (name: string) => Identifier;
  /** Makes the parts beside the default services. */
  readonly parts: readonly ((inside: GeneralInside) => NodePart)[];
}

/** What the parts of a general node share. */
export interface GeneralInside extends WayContext {
  /** Of its project, or of the authority that it was given. */
  readonly trusted: Trusted | undefined;
  readonly entrances: Entrances;
  /** Where other nodes connect to. */
  readonly entrance: Listener;
  /** The listener for channels at `api`, or what a launch configuration says instead. */
  readonly listener: ChannelListener | undefined;
  /** Whether it has `uppercase`, `echo` and the relay service. */
  readonly hasDefaultServices: boolean;
  readonly resources: ResourceStore;
  readonly identityNamed: (name: string) => Identifier;
  /** As in {@link GeneralNodeOptions}. */
  readonly protect: GeneralNodeOptions['protect'];
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
 * Starts a node with the default services (`commands.md` §8.3): `uppercase`, `echo`, the listener `api`, the relay services, or with what a launch
 * configuration says instead (§8.11); then its parts, with what they had.
 * @throws {TransportError} TRANSPORT_LISTEN_FAILED, TRANSPORT_INVALID_ADDRESS
 */
export async function startGeneralNode(options: GeneralNodeOptions): Promise<GeneralNode> {
  const { core, identity, membership, launch, listenAt, resources, policyOf, protect, identityNamed } = options;
  const { router, transport, channels, log } = core;
  const trusted = membership ?? options.trusted;
  const entrances = new Entrances(router.flows);
  const onDenied = atMostOneASecond(router.clock, ({ type, name }, peer, reason) =>
    log.warn('{peer} was refused by the {type} {name}: {reason}', { peer, type, name, reason }),
  );
  const access = (resource: ProtectedResource): ReturnType<typeof accessTo> => {
    const { authority } = trusted ?? {};
    return accessTo(resource, { clock: router.clock, attributes: channels.attributes, authority, policyOf, onDenied });
  };

  const entrance = await transport.listen(listenAt);
  entrances.open(entrance.flowControlId, 'tcp');
  const wanted = launch === undefined ? { address: 'api' } : launch.listener;
  const listener =
    wanted &&
    listenForChannels(channels, {
      address: localAddress(wanted.address),
      identity: wanted.identity === undefined ? identity : identityNamed(wanted.identity),
      // Who it is decides its credential, at each message, unless only some are to come in at all.
      trust: wanted.authorized === undefined ? trustEveryone : trustIdentifiers(wanted.authorized.map(parseIdentifier)),
      authority: trusted?.authority,
      credential: trusted?.credential,
    });
  if (listener !== undefined) {
    entrances.open(listener.flowControlId, 'channel');
    entrances.admit(listener.address, ['tcp', 'channel']);
  }
  const inside: GeneralInside = {
    core,
    identity,
    membership,
    trusted,
    entrances,
    entrance,
    listener,
    hasDefaultServices: launch === undefined,
    resources,
    identityNamed,
    protect,
    accessTo: access,
  };
  const stopServices = launch === undefined ? startDefaultServices(inside) : () => undefined;
  const parts: NodePart[] = options.parts.map((make) => make(inside));
  for (const part of parts) await part.restore?.();
  return {
    listenAt: entrance.at,
    calls: Object.assign({}, ...parts.map(({ calls }) => calls)) as Calls,
    status: () =>
      Object.assign({}, ...parts.map(({ status }) => status?.() ?? {})) as Readonly<Record<string, unknown>>,
    close: async () => {
      // Portals end, then channels, then what both come by: a peer that is not told goes on as if it was there, until it gets suspicious.
      const ends = (carries: boolean): readonly NodePart[] =>
        parts.filter((part) => (part.carries ?? false) === carries).toReversed();
      for (const part of ends(false)) await part.close();
      listener?.close();
      for (const channel of listener?.channels ?? []) channel.close();
      stopServices();
      for (const part of ends(true)) await part.close();
      await entrance.close();
    },
  };
}

/** `uppercase`, `echo` and the relay services; gives what ends the latter. */
function startDefaultServices({
  core,
  trusted,
  entrances,
  entrance,
  listener,
  accessTo: access,
}: GeneralInside): () => void {
  const { router, channels, log } = core;
  const uppercase = startUppercase(router, { incoming: allowAll });
  entrances.admit(uppercase.mailbox.address, ['tcp', 'channel']);
  const echoAccess = access({ type: 'echoer', name: 'echo' });
  const echo = startEcho(router, {
    incoming: echoAccess === 'anyone' ? allowAll : allowIncomingPeer(cachedPeerDecision(echoAccess, router.clock)),
  });
  entrances.admit(echo.mailbox.address, ['tcp', 'channel']);
  const relays = startRelayService(router, {
    mayRegister: (name, peer) =>
      trusted === undefined
        ? ALLOWED
        : mayRegisterRelay(name, peer, { router, attributes: channels.attributes, authority: trusted.authority }),
    reachableFrom: [entrance, ...(listener === undefined ? [] : [listener])].map(({ flowControlId }) => flowControlId),
    onEvent: (event) =>
      event.kind === 'refused'
        ? log.warn('the relay {name} was refused to {peer}: {reason}', { ...event })
        : log.info('the relay {name} is {kind}', { ...event }),
  });
  return () => relays.stop();
}
