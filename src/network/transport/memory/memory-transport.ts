import { quoted } from '../../../kernel/index.ts';
import { type FlowControlId, randomAddress, randomFlowControlId, type Router } from '../../routing/index.ts';
import { WorkerConnection } from '../connection.ts';
import { TransportError } from '../errors.ts';
import { Tally } from '../tally.ts';
import {
  type Connection,
  type ConnectOptions,
  DEFAULT_CONNECT_TIMEOUT_MS,
  DEFAULT_MAX_CONNECTIONS,
  type Listener,
  type ListenOptions,
  type Transport,
  type TransportCounters,
} from '../transport.ts';
import { createLinkPair, type MemoryLink } from './memory-link.ts';
import type { MemoryNetwork } from './memory-network.ts';

/** Messages between nodes of one process, through a {@link MemoryNetwork}. Addresses are any names. */
export class MemoryTransport implements Transport {
  readonly #router: Router;
  readonly #network: MemoryNetwork;
  readonly #tally = new Tally();
  readonly #listeners = new Set<Listener>();
  #stopped = false;

  constructor(router: Router, network: MemoryNetwork) {
    this.#router = router;
    this.#network = network;
  }

  get connections(): readonly Connection[] {
    return this.#tally.connections;
  }

  get counters(): TransportCounters {
    return this.#tally.counters;
  }

  listen = async (at: string, options: ListenOptions = {}): Promise<Listener> => {
    this.#checkRunning();
    const address = randomAddress(this.#router.random);
    const flowControlId = randomFlowControlId(this.#router.random);
    const accepted = new Set<Connection>();
    const leave = this.#network.join(at, (link) => {
      if (accepted.size >= (options.maxConnections ?? DEFAULT_MAX_CONNECTIONS)) {
        this.#tally.rejected++;
        return false;
      }
      const connection = this.#begin(link, 'accepted', 'memory', flowControlId);
      accepted.add(connection);
      void connection.closed.then(() => accepted.delete(connection));
      options.onConnection?.(connection);
      return true;
    });
    this.#router.flows.addSpawner(address, flowControlId);
    const listener: Listener = {
      address,
      flowControlId,
      at,
      close: async () => {
        if (!this.#listeners.delete(listener)) return;
        this.#router.flows.removeAddress(address);
        leave();
      },
    };
    this.#listeners.add(listener);
    return listener;
  };

  connect = async (to: string, options: ConnectOptions = {}): Promise<Connection> => {
    this.#checkRunning();
    const { timeoutMs = DEFAULT_CONNECT_TIMEOUT_MS, signal } = options;
    signal?.throwIfAborted();
    await this.#network.travel(to, timeoutMs, signal);
    this.#checkRunning();
    const [here, there] = createLinkPair(this.#network);
    if (this.#network.listenerAt(to)?.(there) !== true) {
      throw new TransportError('TRANSPORT_CONNECT_FAILED', `nobody accepts connections at ${quoted(to)}`);
    }
    return this.#begin(here, 'opened', to);
  };

  stop = async (): Promise<void> => {
    this.#stopped = true;
    const listeners = [...this.#listeners].map((listener) => listener.close());
    const connections = this.connections.map((connection) => connection.close());
    await Promise.all([...listeners, ...connections]);
  };

  #begin(link: MemoryLink, direction: Connection['direction'], remote: string, spawnerId?: FlowControlId): Connection {
    const connection = new WorkerConnection({
      router: this.#router,
      tally: this.#tally,
      link,
      direction,
      remote,
      spawnerId,
    });
    link.start(connection);
    return connection;
  }

  #checkRunning(): void {
    if (this.#stopped) throw new TransportError('TRANSPORT_STOPPED', 'the transport is stopped');
  }
}
