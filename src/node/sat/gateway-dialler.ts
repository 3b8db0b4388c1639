import { hasCode } from '../../kernel/index.ts';
import { CONSTELLATION_ADDRESS, dialLink, type Link, type LinkHandlers } from '../../constellation/session/index.ts';
import { relayAddress } from '../../network/relay/index.ts';
import { localAddress, type Route } from '../../network/routing/index.ts';
import type { ServiceRoute } from '../../project/enrollment/index.ts';
import { trustEveryone } from '../../trust/credential/index.ts';
import type { Core, Membership } from '../core/index.ts';
import { systemClock } from '../system/index.ts';

/**
 * Ours, milliseconds: how long a gateway may take to shake hands at first, and at most after it did not. A relay without the
 * gateway is silent, and the gateway may be back in a moment; but a slow line must get its chance.
 */
const FIRST_PATIENCE_MS = 3_000;
const LONGEST_PATIENCE_MS = 10_000;

/** A gateway to dial. */
export interface GatewayDiallerOptions {
  readonly core: Core;
  readonly membership: Membership;
  /** Its name, by which it is found at the project. */
  readonly gateway: string;
  /** Its own listener, when it is not dialled through the project. */
  readonly route?: ServiceRoute | undefined;
}

interface Path {
  readonly route: Route;
  readonly closed: Promise<unknown>;
  readonly close: () => void;
}

/** Opens links to one gateway, each over a connection of its own. */
export function gatewayDialler(options: GatewayDiallerOptions): (signal: AbortSignal) => Promise<Link> {
  const { core, membership } = options;
  let patienceMs = FIRST_PATIENCE_MS;
  return async (signal) => {
    const path = await openPath(options, signal);
    try {
      const link = await dialLink({
        context: core.channels,
        attributes: core.channels.attributes,
        authority: membership.authority,
        clock: systemClock,
        channel: {
          route: path.route,
          identity: membership.identity,
          // Who it is decides its credential, before anything is offered to it.
          trust: trustEveryone,
          authority: membership.authority,
          credential: membership.credential,
          timeoutMs: patienceMs,
          signal,
        },
      });
      patienceMs = FIRST_PATIENCE_MS;
      return overPath(link, path);
    } catch (error) {
      if (hasCode(error, 'CHANNEL_TIMED_OUT')) patienceMs = Math.min(patienceMs * 2, LONGEST_PATIENCE_MS);
      path.close();
      throw error;
    }
  };
}

async function openPath(
  { core, membership, gateway, route }: GatewayDiallerOptions,
  signal: AbortSignal,
): Promise<Path> {
  if (route === undefined) {
    const { channel, closed, close } = await membership.dialProject(signal);
    return { route: [channel.encryptor, relayAddress(gateway), localAddress('api')], closed, close };
  }
  const connection = await core.transport.connect(route.connectTo, { signal });
  return {
    route: [connection.sender, ...hopsToListener(route)],
    closed: connection.closed,
    close: () => void connection.drain().then(connection.close),
  };
}

/** A route may be written down to the worker; the channel is opened to the listener before it. */
function hopsToListener({ hops }: ServiceRoute): Route {
  return hops.at(-1)?.key === CONSTELLATION_ADDRESS.key ? hops.slice(0, -1) : hops;
}

/** A link that ends with its path, and its path with it: a broken connection is noticed at once, not by missing heartbeats. */
function overPath(link: Link, path: Path): Link {
  return {
    peer: link.peer,
    open: (handlers: LinkHandlers) => {
      let over = false;
      const end = (reason: string): void => {
        if (over) return;
        over = true;
        path.close();
        handlers.onClose(reason);
      };
      link.open({ onMessage: handlers.onMessage, onClose: end });
      void path.closed.then(() => {
        if (over) return;
        link.close();
        end('the connection was lost');
      });
    },
    send: link.send,
    close: () => {
      link.close();
      // The link's last words leave in a microtask of their own.
      queueMicrotask(() => queueMicrotask(path.close));
    },
  };
}
