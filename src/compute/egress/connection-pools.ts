/** Connections that are kept between requests, apart for each function and rule set, and how undici is told to open new ones. */
import type { Socket } from 'node:net';
import { Agent, type buildConnector } from 'undici';
import type { Clock } from '../../kernel/index.ts';
import { withDeadline } from './deadline.ts';
import type { Dialer } from './dialer.ts';
import { createGate, type Gate } from './gate.ts';
import { type NetworkRules, rulesKey } from './rules.ts';

/** What the pools are made of. */
export interface ConnectionPoolsOptions {
  readonly dialer: Dialer;
  readonly clock: Clock;
  /** Deadline of one connection including name look-up and TLS. Default 10 s. */
  readonly connectMs?: number;
  /** Aborted when the pools are closed; ends every dial. */
  readonly signal: AbortSignal;
}

/** The gates of one rule set and the connections that passed them. */
export interface ConnectionPool {
  readonly gate: Gate;
  readonly agent: Agent;
}

const DEFAULT_CONNECT_MS = 10_000;
const MAX_POOLS = 256;
const CONNECTIONS_PER_ORIGIN = 8;
const IDLE_CONNECTION_MS = 4_000;

/**
 * A connection that was opened under generous rules is never reused under strict ones, because each rule set has its own; and a
 * function that keeps an origin busy takes no connection from another.
 */
export class ConnectionPools {
  readonly #options: ConnectionPoolsOptions;
  /** By function and rules; the least recently used one comes first. */
  readonly #pools = new Map<string, ConnectionPool>();

  constructor(options: ConnectionPoolsOptions) {
    this.#options = options;
  }

  /** The pool of `caller` under `rules`; the least recently used pool is closed when there are too many. */
  of(caller: string, rules: NetworkRules): ConnectionPool {
    const key = JSON.stringify([caller, rulesKey(rules)]);
    const pool = this.#pools.get(key) ?? this.#open(caller, createGate(rules));
    this.#pools.delete(key);
    this.#pools.set(key, pool);
    const [oldest] = this.#pools;
    if (this.#pools.size > MAX_POOLS && oldest !== undefined) {
      this.#pools.delete(oldest[0]);
      // Requests in flight finish; the agent then frees its sockets.
      void oldest[1].agent.close();
    }
    return pool;
  }

  /** Ends every connection; requests in flight fail with `reason`. */
  async destroy(reason: Error): Promise<void> {
    const agents = [...this.#pools.values()].map(({ agent }) => agent.destroy(reason));
    this.#pools.clear();
    await Promise.all(agents);
  }

  #open(caller: string, gate: Gate): ConnectionPool {
    const agent = new Agent({
      connect: (place, done) => {
        void this.#connect(caller, gate, place, done);
      },
      allowH2: false,
      useMilo: false,
      pipelining: 1,
      connections: CONNECTIONS_PER_ORIGIN,
      keepAliveTimeout: IDLE_CONNECTION_MS,
      keepAliveMaxTimeout: IDLE_CONNECTION_MS,
      // Deadlines come from our clock; a second set of timers would only race with it.
      headersTimeout: 0,
      bodyTimeout: 0,
      maxHeaderSize: 64 * 1024,
    });
    return { gate, agent };
  }

  async #connect(
    caller: string,
    gate: Gate,
    place: buildConnector.Options,
    done: buildConnector.Callback,
  ): Promise<void> {
    const tls = place.protocol === 'https:';
    const port = place.port === '' ? (tls ? 443 : 80) : Number(place.port);
    const { clock, connectMs = DEFAULT_CONNECT_MS, dialer } = this.#options;
    let socket: Socket;
    try {
      socket = await withDeadline(clock, connectMs, 'connection', this.#options.signal, async (signal) => {
        const dialled = await dialer.dial(place.hostname, port, { signal, tls, gate, caller });
        // Nobody would close a socket that comes after the deadline.
        if (signal.aborted) dialled.destroy();
        return dialled;
      });
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)), null);
      return;
    }
    done(null, socket);
  }
}
