import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect as connectSocket, createServer, type Server, type Socket } from 'node:net';
import {
  type ChannelListener,
  listenForChannels,
  openChannel,
  type SecureChannel,
} from '../../src/network/channel/index.ts';
import {
  type Inlet,
  type InletOptions,
  openInlet,
  type Outlet,
  type OutletOptions,
  type PortalEvent,
  startOutlet,
} from '../../src/network/portal/index.ts';
import { type Address, allowAll, localAddress, type Router, startEcho } from '../../src/network/routing/index.ts';
import type { SessionPath } from '../../src/network/session/index.ts';
import type { Connection } from '../../src/network/transport/index.ts';
import { MemoryNetwork, MemoryTransport } from '../../src/network/transport/memory/index.ts';
import { trustEveryone, trustIdentifier } from '../../src/trust/credential/index.ts';
import { createNetworkNode, type NetworkNode } from './network-node.ts';
import { settle, VirtualClock } from './virtual-clock.ts';

/** The names of the far node's workers. */
export const OUTLET: Address = localAddress('outlet');
export const API: Address = localAddress('api');

/** What must be closed at the end of a test file. */
const servers = new Set<Server>();
const sockets = new Set<Socket>();
const routers = new Set<Router>();

/** Ends all that the functions of this file have made; for `after`. */
export function closeEverything(): void {
  for (const router of routers) router.stop();
  for (const server of servers) server.close();
  for (const socket of sockets) socket.destroy();
}

/** Has `router` stopped by {@link closeEverything}. */
export function track(router: Router): void {
  routers.add(router);
}

/** A TCP server of the outlet's network; resolves to its port. */
export async function serve(onSocket: (socket: Socket) => void, allowHalfOpen = false): Promise<number> {
  const server = createServer({ allowHalfOpen }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    onSocket(socket);
  });
  servers.add(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** What connects an outlet to a port of this machine. */
export function dialPort(port: number): OutletOptions['dial'] {
  return async (signal) => {
    const socket = connectSocket({ port, host: '127.0.0.1', signal });
    sockets.add(socket);
    await once(socket, 'connect');
    return socket;
  };
}

/** Two nodes and a portal between them. */
export interface PortalWorld {
  readonly clock: VirtualClock;
  readonly near: NetworkNode;
  readonly far: NetworkNode;
  readonly listener: ChannelListener;
  readonly inlet: Inlet;
  readonly outlet: Outlet;
  readonly nearEvents: PortalEvent[];
  readonly farEvents: PortalEvent[];
  /** Paths of the inlet's session, newest last. */
  readonly paths: { readonly channel: SecureChannel; readonly connection: Connection }[];
  readonly client: () => Promise<Socket>;
}

/** What differs from a portal for anyone. */
export interface PortalWorldOptions {
  readonly inlet?: Partial<InletOptions>;
  readonly outlet?: Partial<OutletOptions>;
}

/** An inlet at the near node, an outlet at the far one, and between them a channel over a memory connection. */
export async function createPortalWorld(port: number, options: PortalWorldOptions = {}): Promise<PortalWorld> {
  const clock = new VirtualClock();
  const network = new MemoryNetwork({ clock });
  const near = await createNetworkNode(clock);
  const far = await createNetworkNode(clock);
  routers.add(near.router).add(far.router);
  const place = await new MemoryTransport(far.router, network).listen('far');
  const listener = listenForChannels(far.channels, {
    address: API,
    identity: far.identity.identifier,
    trust: trustEveryone,
  });
  far.router.flows.addConsumer(API, place.flowControlId);
  startEcho(far.router, { incoming: allowAll });
  far.router.flows.addConsumer(localAddress('echo'), listener.flowControlId);
  const [nearEvents, farEvents]: [PortalEvent[], PortalEvent[]] = [[], []];
  const outlet = startOutlet(far.router, {
    dial: dialPort(port),
    incoming: 'anyone',
    outgoing: 'anyone',
    reachableFrom: [listener.flowControlId],
    onEvent: (event) => farEvents.push(event),
    ...options.outlet,
  });
  const paths: { channel: SecureChannel; connection: Connection }[] = [];
  const connect = async (signal: AbortSignal): Promise<SessionPath> => {
    const connection = await new MemoryTransport(near.router, network).connect('far');
    const channel = await openChannel(near.channels, {
      identity: near.identity.identifier,
      trust: trustIdentifier(far.identity.identifier),
      route: [connection.sender, API],
      signal,
    });
    paths.push({ channel, connection });
    const close = (): void => {
      channel.close();
      void connection.close();
    };
    return { route: [channel.encryptor], close, closed: Promise.race([channel.closed, connection.closed]) };
  };
  const inlet = await openInlet(near.router, {
    listen: '127.0.0.1:0',
    outlet: OUTLET,
    connect,
    incoming: 'anyone',
    outgoing: 'anyone',
    onEvent: (event) => nearEvents.push(event),
    ...options.inlet,
  });
  await until(() => inlet.isUp());
  const client = (): Promise<Socket> => clientOf(inlet);
  return { clock, near, far, listener, inlet, outlet, nearEvents, farEvents, paths, client };
}

/** A connection to `inlet`, which may be over already. */
export async function clientOf(inlet: Inlet): Promise<Socket> {
  const socket = connectSocket({ port: Number(inlet.at.split(':')[1]), host: '127.0.0.1', allowHalfOpen: true });
  sockets.add(socket);
  socket.on('error', () => undefined);
  // An inlet that refuses may be quicker than the notice that it accepted.
  await until(() => !socket.connecting);
  return socket;
}

/** Waits for something that real sockets bring about; the simulated clock stands still meanwhile. */
export async function until(condition: () => boolean, what = 'it happens'): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!condition()) {
    assert.ok(performance.now() < deadline, what);
    await settle();
  }
}

/** Reads at least `length` bytes, or up to the end of the stream; the socket is paused then. */
export async function read(socket: Socket, length: number = Number.POSITIVE_INFINITY): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const done = Promise.withResolvers<void>();
  const onData = (chunk: Uint8Array): void => {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= length) done.resolve();
  };
  socket.on('data', onData);
  socket.once('end', done.resolve);
  socket.once('close', done.resolve);
  if (socket.closed || socket.readableEnded) done.resolve();
  socket.resume();
  await done.promise;
  socket.pause();
  socket.off('data', onData).off('end', done.resolve).off('close', done.resolve);
  return Buffer.concat(chunks);
}

/** Writes without end, as fast as the socket takes it. */
export function flood(socket: Socket): void {
  const chunk = randomBytes(64 * 1024);
  const more = (): void => {
    while (socket.writable && socket.write(chunk));
  };
  socket.on('drain', more);
  more();
}

/** Why connections ended, in order. */
export function endReasons(events: readonly PortalEvent[]): string[] {
  return events.flatMap((event) => (event.kind === 'closed' ? [event.reason] : []));
}
