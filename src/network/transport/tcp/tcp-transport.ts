import { type AddressInfo, createServer, connect as dial, isIPv6, type Server, type Socket } from 'node:net';
import { type CodedError, quoted, Shares } from '../../../kernel/index.ts';
import { addressBlock } from '../../../kernel/ip/index.ts';
import {
  dialHost,
  type FlowControlId,
  type HostnamePort,
  parseHostnamePort,
  randomAddress,
  randomFlowControlId,
  type Router,
} from '../../routing/index.ts';
import { WorkerConnection } from '../connection.ts';
import { TransportError } from '../errors.ts';
import { Tally } from '../tally.ts';
import {
  type CloseReason,
  type Closed,
  type Connection,
  type ConnectOptions,
  DEFAULT_CONNECT_TIMEOUT_MS,
  DEFAULT_MAX_CONNECTIONS,
  type Listener,
  type ListenOptions,
  type Transport,
  type TransportCounters,
} from '../transport.ts';
import { SocketLink } from './socket-link.ts';
import { HeldFrames } from './held-frames.ts';

/**
 * Specification (`tcp-transport.md` §4): a connection that is idle is probed after so long, so often, so many times. Deviation: one
 * that was accepted, too; a peer that lost its power or its address would otherwise hold its place for ever.
 */
const KEEPALIVE_IDLE_MS = 300_000;
const KEEPALIVE_INTERVAL_MS = 75_000;
const KEEPALIVE_PROBES = 2;

/** Ours: how long the peer's version byte may take, in milliseconds. */
const VERSION_MS = 10_000;

/** Ours: bytes that the unfinished frames of all connections may take together. */
const MAX_UNFINISHED_BYTES = 256 * 1024 * 1024;

/** Ours: bytes that wait for peers that do not read, over all connections. */
const MAX_UNREAD_BYTES = 256 * 1024 * 1024;

/** Settings of a TCP transport. */
export interface TcpTransportOptions {
  /** Default 10 000. */
  readonly versionTimeoutMs?: number | undefined;
  /** Default 256 MiB. */
  readonly maxUnfinishedBytes?: number | undefined;
  /** Default 256 MiB. */
  readonly maxUnreadBytes?: number | undefined;
  /** Told of each connection that was cut for what its peer did, for the local log. */
  readonly onCut?: ((connection: Connection, closed: Closed) => void) | undefined;
}

/** Ends that are nobody's fault, and those of the network. */
const ORDINARY: ReadonlySet<CloseReason> = new Set(['closed-here', 'closed-by-peer', 'input-error']);

/** Messages over TCP (`tcp-transport.md` §1–§6). Addresses are `host:port`. */
export class TcpTransport implements Transport {
  readonly #router: Router;
  readonly #versionMs: number;
  /** On their way in. */
  readonly #unfinished: HeldFrames;
  /** On their way out. */
  readonly #unread: HeldFrames;
  readonly #onCut: TcpTransportOptions['onCut'];
  readonly #tally = new Tally();
  readonly #listeners = new Set<Listener>();
  readonly #dialling = new Set<Socket>();
  #stopped = false;

  constructor(router: Router, options: TcpTransportOptions = {}) {
    this.#router = router;
    this.#versionMs = options.versionTimeoutMs ?? VERSION_MS;
    this.#unfinished = new HeldFrames(options.maxUnfinishedBytes ?? MAX_UNFINISHED_BYTES);
    this.#unread = new HeldFrames(options.maxUnreadBytes ?? MAX_UNREAD_BYTES);
    this.#onCut = options.onCut;
  }

  get connections(): readonly Connection[] {
    return this.#tally.connections;
  }

  get counters(): TransportCounters {
    return this.#tally.counters;
  }

  listen = async (at: string, options: ListenOptions = {}): Promise<Listener> => {
    this.#checkRunning();
    const place = this.#parse(at);
    const address = randomAddress(this.#router.random);
    const flowControlId = randomFlowControlId(this.#router.random);
    const maxConnections = options.maxConnections ?? DEFAULT_MAX_CONNECTIONS;
    const places = new Shares<string>(maxConnections);
    const server = createServer((socket) => {
      const host = addressBlock(socket.remoteAddress);
      // Idle ones may stay for ever, so one host must not be able to take the place of all others.
      if (!places.take(host)) {
        this.#tally.rejected++;
        socket.destroy();
        return;
      }
      socket.once('close', () => places.give(host));
      const connection = this.#begin(socket, 'accepted', flowControlId);
      options.onConnection?.(connection);
    });
    server.maxConnections = maxConnections;
    server.on('drop', () => this.#tally.rejected++);
    await bind(server, place, at);
    // The system could not accept a connection, for want of descriptors say; the listener goes on.
    server.on('error', () => this.#tally.rejected++);
    if (this.#stopped) server.close();
    this.#checkRunning();
    this.#router.flows.addSpawner(address, flowControlId);
    const bound = server.address() as AddressInfo;
    const listener: Listener = {
      address,
      flowControlId,
      at: formatSocket(bound.address, bound.port),
      close: async () => {
        if (!this.#listeners.delete(listener)) return;
        this.#router.flows.removeAddress(address);
        // Without waiting for the accepted connections to end, as the callback of `close` would.
        server.close();
      },
    };
    this.#listeners.add(listener);
    return listener;
  };

  connect = (to: string, options: ConnectOptions = {}): Promise<Connection> =>
    new Promise((resolve, reject) => {
      this.#checkRunning();
      const { timeoutMs = DEFAULT_CONNECT_TIMEOUT_MS, signal } = options;
      const place = this.#parse(to);
      signal?.throwIfAborted();
      const socket = dial({ host: dialHost(place), port: place.port });
      this.#dialling.add(socket);
      const settle = (): void => {
        this.#dialling.delete(socket);
        cancel();
        signal?.removeEventListener('abort', onAbort);
        socket.off('error', onError).off('close', onClose);
      };
      const fail = (error: Error): void => {
        settle();
        // A late error of a socket nobody waits for any more.
        socket.on('error', () => undefined);
        socket.destroy();
        reject(error);
      };
      const onAbort = (): void => fail(signal?.reason as Error);
      const onError = (cause: Error): void =>
        fail(
          new TransportError('TRANSPORT_CONNECT_FAILED', `cannot connect to ${quoted(to)}: ${cause.message}`, {
            cause,
          }),
        );
      const onClose = (): void => fail(new TransportError('TRANSPORT_STOPPED', 'the transport is stopped'));
      const cancel = this.#router.clock.schedule(timeoutMs, () =>
        fail(new TransportError('TRANSPORT_CONNECT_TIMED_OUT', `${quoted(to)} did not answer within ${timeoutMs} ms`)),
      );
      signal?.addEventListener('abort', onAbort, { once: true });
      socket.on('error', onError);
      socket.on('close', onClose);
      socket.once('connect', () => {
        settle();
        resolve(this.#begin(socket, 'opened'));
      });
    });

  stop = async (): Promise<void> => {
    this.#stopped = true;
    for (const socket of this.#dialling) socket.destroy();
    const listeners = [...this.#listeners].map((listener) => listener.close());
    const connections = this.connections.map((connection) => connection.close());
    await Promise.all([...listeners, ...connections]);
  };

  #begin(socket: Socket, direction: Connection['direction'], spawnerId?: FlowControlId): Connection {
    socket.setKeepAlive(true, KEEPALIVE_IDLE_MS, KEEPALIVE_INTERVAL_MS, KEEPALIVE_PROBES);
    const link = new SocketLink(socket, this.#router.clock, this.#unfinished);
    const remote = formatSocket(socket.remoteAddress ?? 'gone', socket.remotePort ?? 0);
    const connection = new WorkerConnection({
      router: this.#router,
      tally: this.#tally,
      link,
      direction,
      remote,
      spawnerId,
      unread: this.#unread,
    });
    link.start(connection, this.#versionMs);
    const onCut = this.#onCut;
    if (onCut !== undefined) {
      void connection.closed.then((closed) => {
        if (!ORDINARY.has(closed.reason)) onCut(connection, closed);
      });
    }
    return connection;
  }

  #parse(text: string): HostnamePort {
    try {
      return parseHostnamePort(text);
    } catch (cause) {
      throw new TransportError('TRANSPORT_INVALID_ADDRESS', (cause as CodedError).message, { cause });
    }
  }

  #checkRunning(): void {
    if (this.#stopped) throw new TransportError('TRANSPORT_STOPPED', 'the transport is stopped');
  }
}

function bind(server: Server, place: HostnamePort, at: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      reject(
        new TransportError('TRANSPORT_LISTEN_FAILED', `cannot listen at ${quoted(at)}: ${cause.message}`, { cause }),
      );
    });
    server.listen({ host: dialHost(place), port: place.port }, resolve);
  });
}

function formatSocket(address: string, port: number): string {
  return isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
}
