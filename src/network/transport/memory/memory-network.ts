import { type Clock, delay, quoted } from '../../../kernel/index.ts';
import { TransportError } from '../errors.ts';
import type { MemoryLink, Wire } from './memory-link.ts';

/** What a listener shows to those who connect: takes their end of a new pair, or refuses. */
export type Accept = (link: MemoryLink) => boolean;

/** How a simulated network behaves; give it seeded functions and a virtual clock, and every run is the same. */
export interface MemoryNetworkOptions {
  readonly clock: Clock;
  /** Asked once for each message and each connection attempt: milliseconds it travels. Order is kept. Default: none. */
  readonly delayMs?: (() => number) | undefined;
  /** Asked once for each message: whether it is lost. Default: none is. */
  readonly lose?: (() => boolean) | undefined;
  /** Messages under way on one connection in one direction, from which its sender waits. Default 256. */
  readonly maxInFlight?: number | undefined;
}

/** What transports of one process connect through. */
export class MemoryNetwork implements Wire {
  readonly clock: Clock;
  readonly maxInFlight: number;
  readonly #delayMs: () => number;
  readonly #lose: () => boolean;
  readonly #listeners = new Map<string, Accept>();

  constructor(options: MemoryNetworkOptions) {
    this.clock = options.clock;
    this.maxInFlight = options.maxInFlight ?? 256;
    this.#delayMs = options.delayMs ?? (() => 0);
    this.#lose = options.lose ?? (() => false);
  }

  /** Makes `accept` the listener at `name`; the returned function takes it away. @throws {TransportError} TRANSPORT_LISTEN_FAILED */
  join(name: string, accept: Accept): () => void {
    if (this.#listeners.has(name)) {
      throw new TransportError('TRANSPORT_LISTEN_FAILED', `somebody listens at ${quoted(name)} already`);
    }
    this.#listeners.set(name, accept);
    return () => {
      if (this.#listeners.get(name) === accept) this.#listeners.delete(name);
    };
  }

  listenerAt(name: string): Accept | undefined {
    return this.#listeners.get(name);
  }

  /** Passes the time of a connection attempt. @throws {TransportError} TRANSPORT_CONNECT_TIMED_OUT; the reason of `signal`. */
  async travel(to: string, timeoutMs: number, signal: AbortSignal | undefined): Promise<void> {
    const delayMs = this.#delayMs();
    if (delayMs > 0) await delay(this.clock, Math.min(delayMs, timeoutMs), signal);
    if (delayMs > timeoutMs) {
      throw new TransportError('TRANSPORT_CONNECT_TIMED_OUT', `${quoted(to)} did not answer within ${timeoutMs} ms`);
    }
  }

  fate(): number | undefined {
    return this.#lose() ? undefined : this.#delayMs();
  }
}
