import { type AddressInfo, createServer, isIPv6, type Server, type Socket } from 'node:net';
import { type CodedError, quoted } from '../../kernel/index.ts';
import {
  type Address,
  dialHost,
  type HostnamePort,
  parseHostnamePort,
  type Route,
  type Router,
} from '../routing/index.ts';
import { keepSession, type SessionPath } from '../session/index.ts';
import { type PortalAccess, portalControls } from './access.ts';
import { PortalConnection } from './connection.ts';
import { PortalError } from './errors.ts';
import type { PortalEvent } from './events.ts';

/** Ours: connections of an inlet, and how many of them may wait for the outlet. */
const MAX_CONNECTIONS = 4096;
const MAX_WAITING = 512;

/** Ours: how long the outlet may take to connect to its target and answer, in milliseconds. */
const PONG_TIMEOUT_MS = 30_000;

/** An inlet to open. */
export interface InletOptions extends PortalAccess {
  /** Where applications connect to, `host:port`; port 0 lets the system choose. */
  readonly listen: string;
  /** The outlet at the node that `connect` leads to. */
  readonly outlet: Address;
  /** Opens a way to the outlet's node, a channel as a rule; called again whenever it is lost. */
  readonly connect: (signal: AbortSignal) => Promise<SessionPath>;
  /** Must not throw. */
  readonly onEvent: (event: PortalEvent) => void;
  /** Default 4096. */
  readonly maxConnections?: number | undefined;
  /** Milliseconds. Default 30 000. */
  readonly pongTimeoutMs?: number | undefined;
}

/** A place where applications connect to as if the target were there. */
export interface Inlet {
  /** Where it really listens, `host:port`. */
  readonly at: string;
  /** Whether there is a way to the outlet; without one, applications are cut off as soon as they connect. */
  readonly isUp: () => boolean;
  /** How many connections stand or wait for the outlet. */
  readonly connections: () => number;
  /** Accepts no more; resolves when the connections that stand have ended and the way to the outlet is closed. */
  readonly close: () => Promise<void>;
  /** Ends all connections. */
  readonly disconnect: () => void;
}

/**
 * Opens an inlet (`portal.md` §2, §3, §8): each connection that it accepts becomes one at the outlet's target. It listens at
 * once and finds its way to the outlet in the background, again and again.
 * @throws {PortalError} PORTAL_INVALID_ADDRESS, PORTAL_LISTEN_FAILED
 */
export async function openInlet(router: Router, options: InletOptions): Promise<Inlet> {
  const { listen, outlet, connect, onEvent } = options;
  const { maxConnections = MAX_CONNECTIONS, pongTimeoutMs = PONG_TIMEOUT_MS } = options;
  const controls = portalControls(router, options);
  const connections = new Set<PortalConnection>();
  let route: Route | undefined;
  let closing = false;

  const accept = (socket: Socket): void => {
    const refusal = whyNot();
    if (route === undefined || refusal !== undefined) {
      onEvent({ kind: 'refused', peer: undefined, reason: refusal ?? 'there is no way to the outlet' });
      socket.destroy();
      return;
    }
    const onward = [...route, outlet];
    const connection: PortalConnection = new PortalConnection({
      router,
      controls,
      socket,
      route: onward,
      entry: onward[0],
      onEvent,
      onLife: session.noteLife,
      onOver: () => {
        connections.delete(connection);
        closeSessionWhenIdle();
      },
    });
    connections.add(connection);
    connection.ask(pongTimeoutMs);
  };

  const whyNot = (): string | undefined => {
    if (connections.size >= maxConnections) return 'too many connections stand';
    let waiting = 0;
    for (const connection of connections) if (connection.waiting) waiting++;
    return waiting >= MAX_WAITING ? 'too many connections wait for the outlet' : undefined;
  };

  const closeSessionWhenIdle = (): void => {
    if (closing && connections.size === 0) void session.close();
  };

  // Half-open, so that what the outlet's target still sends is not cut off by the system's own answer to an end of stream;
  // paused, because a client's data waits in the kernel until the Pong.
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, accept);
  const at = await bind(server, listen);
  using cleanup = new DisposableStack();
  cleanup.defer(() => server.close());
  server.on('error', (error) => onEvent({ kind: 'refused', peer: undefined, reason: error.message }));

  const session = keepSession(router, {
    to: "the outlet's node",
    connect,
    use: (path) => {
      route = path.route;
      onEvent({ kind: 'up' });
      return () => {
        route = undefined;
        for (const connection of connections) connection.end({ reason: 'way-lost' });
      };
    },
    onDown: (reason) => onEvent({ kind: 'down', reason }),
  });
  cleanup.move();
  // Also when the router stops.
  void session.closed.then(() => server.close());

  return {
    at,
    isUp: () => route !== undefined,
    connections: () => connections.size,
    close: () => {
      closing = true;
      server.close();
      closeSessionWhenIdle();
      return session.closed;
    },
    disconnect: () => {
      for (const connection of connections) connection.end({ reason: 'stopped' });
    },
  };
}

/** @throws {PortalError} */
async function bind(server: Server, listen: string): Promise<string> {
  const place = parse(listen);
  await new Promise<void>((resolve, reject) => {
    const onError = (cause: Error): void =>
      reject(
        new PortalError('PORTAL_LISTEN_FAILED', `cannot listen at ${quoted(listen)}: ${cause.message}`, { cause }),
      );
    server.once('error', onError);
    server.listen({ host: dialHost(place), port: place.port }, () => {
      server.off('error', onError);
      resolve();
    });
  });
  const { address, port } = server.address() as AddressInfo;
  return isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
}

function parse(listen: string): HostnamePort {
  try {
    return parseHostnamePort(listen);
  } catch (cause) {
    throw new PortalError('PORTAL_INVALID_ADDRESS', (cause as CodedError).message, { cause });
  }
}
