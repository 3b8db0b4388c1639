import type { Address, FlowControlId } from '../routing/index.ts';

/** Why a connection ended; counted by the transport. */
export type CloseReason =
  | 'closed-here'
  | 'closed-by-peer'
  | 'wrong-version'
  | 'version-timeout'
  | 'frame-too-large'
  | 'frame-malformed'
  | 'message-too-large'
  | 'unread'
  | 'input-error';

/** How a connection ended. */
export interface Closed {
  readonly reason: CloseReason;
  /** What was wrong, for the local log. */
  readonly error?: Error | undefined;
}

/** A way to another node: what is sent to `sender` leaves by it, what comes in is sent by `receiver`. */
export interface Connection {
  readonly direction: 'opened' | 'accepted';
  /** First hop of every route that uses the connection. */
  readonly sender: Address;
  /** True source of every message that comes in. */
  readonly receiver: Address;
  /** Entry point: only consumers of this identifier, or of the listener's, are reached from the other side. */
  readonly flowControlId: FlowControlId;
  /** The other end as text, for logs. */
  readonly remote: string;
  /** Settles when the connection is over and its workers are gone. */
  readonly closed: Promise<Closed>;
  /** Resolves when everything sent so far was handed to the operating system, or the connection is over. */
  readonly drain: () => Promise<void>;
  /** Ends both directions; what waits in the sender's queue is dropped. */
  readonly close: () => Promise<Closed>;
}

/** A place where other nodes connect to. */
export interface Listener {
  /** The spawner's address in the flow controls; no worker listens at it. */
  readonly address: Address;
  /** Shared by every accepted connection as its spawner's identifier. */
  readonly flowControlId: FlowControlId;
  /** Where it really listens, as text that `connect` takes: the port of `127.0.0.1:0` is filled in. */
  readonly at: string;
  /** Accepts no more; connections that stand are left alone. */
  readonly close: () => Promise<void>;
}

/** How to listen. */
export interface ListenOptions {
  /** Told of each accepted connection before anything is read from it. */
  readonly onConnection?: ((connection: Connection) => void) | undefined;
  /** Connections of this listener at a time, half of them of one host alone; more are cut off at once. Default 8192. */
  readonly maxConnections?: number | undefined;
}

/** How to connect. */
export interface ConnectOptions {
  /** Milliseconds until the attempt is given up. Default 10 000. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What a transport has seen so far. */
export interface TransportCounters {
  readonly opened: number;
  readonly accepted: number;
  /** Not accepted: the listener had its maximum, or the system was out of descriptors. */
  readonly rejected: number;
  /** Messages with an empty onward route, which say only that the peer is there. */
  readonly heartbeats: number;
  /** Messages with a route beyond our bounds, which were passed over. */
  readonly unreadableRoutes: number;
  readonly closed: Readonly<Record<CloseReason, number>>;
}

/** Specification (`tcp-transport.md` §3): the CBOR of a message is at most so long. */
export const MAX_MESSAGE_BYTES: number = 16 * 1024 * 1024;

/** Ours: what holds when a caller says nothing. */
export const DEFAULT_CONNECT_TIMEOUT_MS = 10_000;
export const DEFAULT_MAX_CONNECTIONS = 8192;

/** Carries messages between nodes; `conformance.ts` says what every implementation keeps. */
export interface Transport {
  /** Connections that stand. */
  readonly connections: readonly Connection[];
  readonly counters: TransportCounters;
  /** @throws {TransportError} TRANSPORT_LISTEN_FAILED, TRANSPORT_INVALID_ADDRESS, TRANSPORT_STOPPED */
  readonly listen: (at: string, options?: ListenOptions) => Promise<Listener>;
  /**
   * Opens a new connection; none is ever shared.
   * @throws {TransportError} TRANSPORT_CONNECT_FAILED, TRANSPORT_CONNECT_TIMED_OUT, TRANSPORT_INVALID_ADDRESS,
   * TRANSPORT_STOPPED; the reason of the signal when that is aborted.
   */
  readonly connect: (to: string, options?: ConnectOptions) => Promise<Connection>;
  /** Closes all listeners and connections; nothing can be opened afterwards. */
  readonly stop: () => Promise<void>;
}
