/** Who may start, who waits, who is sent away: a bound on calls in flight and a bounded line for each module (`docs/sandbox.md` §3). */
import { FairLine } from '../../../kernel/index.ts';

const SMOOTHING = 0.1;
const MAX_RETRY_SECONDS = 30;

/** One module's door; `W` is whatever waits, and callers take turns. */
export class Door<W extends object | string | number> {
  readonly #concurrency: number;
  readonly #queue: number;
  readonly #line = new FairLine<string, W>();
  #inFlight = 0;
  #averageMs = 0;

  constructor(concurrency: number, queue: number) {
    this.#concurrency = concurrency;
    this.#queue = queue;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get waiting(): number {
    return this.#line.size;
  }

  /** Whether one more may be in flight. */
  get hasRoom(): boolean {
    return this.#inFlight < this.#concurrency;
  }

  /** One more is in flight. */
  enter(): void {
    this.#inFlight++;
  }

  /** One has left after `tookMs`. */
  leave(tookMs: number): void {
    this.#inFlight--;
    this.#averageMs += (tookMs - this.#averageMs) * SMOOTHING;
  }

  /**
   * Puts `waiter` into the line. Returns who is sent away for it when the line is full: the last one of the caller with the
   * most places, or `waiter` itself when that is its own caller; undefined when there was room.
   */
  wait(caller: string, waiter: W): W | undefined {
    let sentAway: W | undefined;
    if (this.#line.size >= this.#queue) {
      sentAway = this.#line.giveUpLongest(caller);
      if (sentAway === undefined) return waiter;
    }
    this.#line.add(caller, waiter);
    return sentAway;
  }

  /** Takes `waiter` out of the line, wherever it stands. */
  giveUp(caller: string, waiter: W): void {
    this.#line.remove(caller, waiter);
  }

  /** Takes the first of the line whose caller `mayGo`. */
  next(mayGo?: (caller: string) => boolean): W | undefined {
    return this.#line.take(mayGo);
  }

  /** When somebody who is sent away should come again: about when the line has been served, 1 to 30 seconds. */
  get retryAfterSeconds(): number {
    const ms = ((this.#line.size + 1) / this.#concurrency) * this.#averageMs;
    return Math.min(MAX_RETRY_SECONDS, Math.max(1, Math.ceil(ms / 1000)));
  }
}
