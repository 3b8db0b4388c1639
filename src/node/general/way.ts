import { openChannel, type SecureChannel } from '../../network/channel/index.ts';
import { isRelayName, RELAY_PREFIX } from '../../network/relay/index.ts';
import { watchRelay } from '../../project/relay-service/index.ts';
import {
  type Address,
  type FlowControlId,
  formatHostnamePort,
  hostnamePort,
  localAddress,
  type MultiAddr,
  type Route,
} from '../../network/routing/index.ts';
import { type TrustPolicy, trustEveryone } from '../../trust/credential/index.ts';
import type { Identifier } from '../../trust/identity/index.ts';
import type { CredentialSource } from '../../network/channel/index.ts';
import type { Core, Membership } from '../core/index.ts';
import { NodeError } from '../errors.ts';

/** Whose credentials count at a node, and what it presents itself: those of its project, or of an authority that it was given. */
export interface Trusted {
  readonly authority: Identifier;
  /** Undefined: it presents nothing. */
  readonly credential: CredentialSource | undefined;
}

/** What a node opens ways with. */
export interface WayContext {
  readonly core: Core;
  /** Own identity, unless a way is opened as another. */
  readonly identity: Identifier;
  readonly membership: Membership | undefined;
  /** At a node that belongs to no project. */
  readonly trusted?: Trusted | undefined;
}

/** How to open a way. */
export interface WayOptions {
  readonly identity?: Identifier | undefined;
  /** Whom the innermost secure channel must lead to. Default: everyone. */
  readonly trust?: TrustPolicy | undefined;
  /** Presented instead of the node's own. */
  readonly credential?: CredentialSource | undefined;
  /** Whose credentials count instead of those of the node's project. */
  readonly authority?: Identifier | undefined;
  /** Told the place of each part of the address before that is opened. */
  readonly onPart?: ((at: number) => void) | undefined;
  readonly signal: AbortSignal;
}

/** A way that a MultiAddr describes, with everything on it opened. */
export interface Way {
  /** First what was opened last, a channel or a connection, then the hops behind it. */
  readonly route: Route;
  /** The innermost secure channel. */
  readonly channel: SecureChannel | undefined;
  /** Entry point by which what was opened last lets messages in; undefined when nothing was opened. */
  readonly entry: FlowControlId | undefined;
  /** Settles when anything that was opened for it is gone; never when nothing was. */
  readonly closed: Promise<unknown>;
  readonly close: () => void;
}

/**
 * Opens what `address` describes, from its start (`commands.md` §6.2, `routing.md` §12): a host and port a connection, `/project` a channel to the node of the own project, `/secure` a channel
 * to the listener of that name behind what came before; `/service` and `/worker` are hops. `/node` must have been replaced.
 * @throws {NodeError} NODE_ROUTE · {TransportError | ChannelError} · the reason of the signal
 */
export async function openWay(context: WayContext, address: MultiAddr, options: WayOptions): Promise<Way> {
  const { core, membership } = context;
  const { signal } = options;
  const trusted = membership ?? context.trusted;
  const lastSecure = address.findLastIndex(({ protocol }) => protocol === 'secure');
  let hops: Address[] = [];
  let channel: SecureChannel | undefined;
  let entry: FlowControlId | undefined;
  const ends: Promise<unknown>[] = [];
  const closers: (() => void)[] = [];
  const close = (): void => {
    for (const one of closers.toReversed()) one();
  };
  try {
    for (let at = 0; at < address.length; at++) {
      const { protocol, value } = address[at] ?? { protocol: 'service', value: '' };
      options.onPart?.(at);
      switch (protocol) {
        case 'service':
        case 'worker': {
          const relay = at === 1 && address[0]?.protocol === 'project' ? relayNameIn(value) : undefined;
          if (relay !== undefined && channel !== undefined) {
            // Whoever is killed says no goodbye; when it is started again, the project sees it come back.
            const watch = watchRelay(core.router, { route: hops, peer: channel.peer, name: relay });
            ends.push(watch.gone);
            closers.push(watch.stop);
          }
          hops.push(localAddress(value));
          break;
        }
        case 'ip4':
        case 'ip6':
        case 'dnsaddr': {
          const port = address[++at];
          if (at !== 1 || port?.protocol !== 'tcp') throw wrong('a host stands at the start, with /tcp/PORT behind it');
          const place = hostnamePort(protocol === 'ip6' ? `[${value}]` : value, Number(port.value));
          const connection = await core.transport.connect(formatHostnamePort(place), { signal });
          hops = [connection.sender];
          entry = connection.flowControlId;
          ends.push(connection.closed);
          closers.push(() => void connection.drain().then(connection.close));
          break;
        }
        case 'project': {
          if (at !== 0) throw wrong('/project stands at the start');
          if (membership === undefined) throw wrong(`this node belongs to no project, not to ${value}`);
          if (membership.project.name !== value)
            throw wrong(`this node belongs to the project ${membership.project.name}, not to ${value}`);
          const path = await membership.dialProject(signal);
          channel = path.channel;
          hops = [channel.encryptor];
          entry = channel.flowControlId;
          ends.push(path.closed);
          closers.push(path.close);
          break;
        }
        case 'secure': {
          channel = await openChannel(core.channels, {
            route: [...hops, localAddress(value)],
            identity: options.identity ?? context.identity,
            trust: (at === lastSecure ? options.trust : undefined) ?? trustEveryone,
            authority: options.authority ?? trusted?.authority,
            credential: options.credential ?? trusted?.credential,
            signal,
          });
          hops = [channel.encryptor];
          entry = channel.flowControlId;
          ends.push(channel.closed);
          closers.push(channel.close);
          break;
        }
        default:
          throw wrong(`/${protocol} has no meaning here`);
      }
    }
  } catch (error) {
    close();
    throw error;
  }
  return {
    route: hops,
    channel,
    entry,
    closed: ends.length === 0 ? new Promise(() => undefined) : Promise.race(ends),
    close,
  };
}

/** The name of the relay at this address, if it is one of a relay. */
function relayNameIn(address: string): string | undefined {
  const name = address.startsWith(RELAY_PREFIX) ? address.slice(RELAY_PREFIX.length) : '';
  return isRelayName(name) ? name : undefined;
}

function wrong(reason: string): NodeError {
  return new NodeError('NODE_ROUTE', `the route cannot be used: ${reason}`);
}
