import { CodedError, type Clock } from '../../../kernel/index.ts';
import { encodeTransportMessage, joined, type OutboundMessage } from '../../routing/index.ts';
import type { Link, WorkerConnection } from '../connection.ts';
import { type Closed, MAX_MESSAGE_BYTES } from '../transport.ts';

/** What a link asks of the network it runs through. */
export interface Wire {
  readonly clock: Clock;
  readonly maxInFlight: number;
  /** How long the next message travels, in milliseconds; undefined when it is lost. */
  readonly fate: () => number | undefined;
}

/** Something under way: a frame, or (without one) the news that the other end has closed. */
interface Arrival {
  readonly frame: Uint8Array | undefined;
  readonly atMs: number;
}

/** Two ends of one simulated wire. */
export function createLinkPair(wire: Wire): [MemoryLink, MemoryLink] {
  const left = new MemoryLink(wire);
  const right = new MemoryLink(wire);
  left.join(right);
  right.join(left);
  return [left, right];
}

/**
 * One end of a simulated wire: messages are encoded as on TCP, travel for the time the network says, and arrive in order;
 * one that is lost is simply not there. Delivery is paused while a worker of the other side is busy.
 */
export class MemoryLink implements Link {
  readonly #wire: Wire;
  #other: MemoryLink | undefined;
  #connection: WorkerConnection | undefined;
  #closed = false;
  /** Sent by the other end, in the order of arrival. */
  readonly #arriving: Arrival[] = [];
  #lastArrivalMs = Number.NEGATIVE_INFINITY;
  #delivering = false;
  #room: PromiseWithResolvers<void> | undefined;
  #empty: PromiseWithResolvers<void> | undefined;

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  join(other: MemoryLink): void {
    this.#other = other;
  }

  start(connection: WorkerConnection): void {
    this.#connection = connection;
  }

  write = (message: OutboundMessage): Promise<void> | undefined => {
    if (this.#closed) return undefined;
    const frame = encodeTransportMessage(joined(message));
    if (frame.length > MAX_MESSAGE_BYTES) {
      this.close({ reason: 'message-too-large' });
      return undefined;
    }
    const travelMs = this.#wire.fate();
    return travelMs === undefined ? undefined : this.#other?.take(frame, travelMs);
  };

  drain = (): Promise<void> => this.#other?.emptied() ?? Promise.resolve();

  close = (closed: Closed): void => {
    if (this.#closed) return;
    this.#closed = true;
    this.#arriving.length = 0;
    this.#opened();
    this.#connection?.finish(closed);
    void this.#other?.take(undefined, 0);
  };

  /** Puts what the other end sent on its way here, behind all that is under way. */
  take(frame: Uint8Array | undefined, travelMs: number): Promise<void> | undefined {
    if (this.#closed) return undefined;
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, this.#wire.clock.monotonicMs() + travelMs);
    this.#arriving.push({ frame, atMs: this.#lastArrivalMs });
    this.#plan();
    if (this.#arriving.length < this.#wire.maxInFlight) return undefined;
    this.#room ??= Promise.withResolvers<void>();
    return this.#room.promise;
  }

  /** Resolves when nothing is under way to this end. */
  emptied(): Promise<void> {
    if (this.#arriving.length === 0) return Promise.resolve();
    this.#empty ??= Promise.withResolvers<void>();
    return this.#empty.promise;
  }

  #plan(): void {
    const next = this.#arriving[0];
    if (this.#delivering || next === undefined) return;
    this.#delivering = true;
    const waitMs = next.atMs - this.#wire.clock.monotonicMs();
    if (waitMs > 0) this.#wire.clock.schedule(waitMs, () => this.#deliver());
    else queueMicrotask(() => this.#deliver());
  }

  #deliver(): void {
    for (;;) {
      const next = this.#arriving[0];
      if (next === undefined || next.atMs > this.#wire.clock.monotonicMs()) break;
      this.#arriving.shift();
      this.#opened();
      if (next.frame === undefined) {
        this.close({ reason: 'closed-by-peer' });
        break;
      }
      const busy = this.#receive(next.frame);
      if (busy !== undefined) {
        void busy.then(() => this.#deliver());
        return;
      }
    }
    this.#delivering = false;
    this.#plan();
  }

  #receive(frame: Uint8Array): Promise<void> | undefined {
    try {
      return this.#connection?.receive(frame);
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      this.close({ reason: 'frame-malformed', error });
      return undefined;
    }
  }

  /** Lets those go on who wait for room, or for nothing to be under way. */
  #opened(): void {
    if (this.#arriving.length <= this.#wire.maxInFlight / 2) {
      this.#room?.resolve();
      this.#room = undefined;
    }
    if (this.#arriving.length === 0) {
      this.#empty?.resolve();
      this.#empty = undefined;
    }
  }
}
