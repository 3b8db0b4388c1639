/** Who may start, who waits, who is sent away: a bound on calls in flight and a bounded line for each module (`docs/sandbox.md` §3). */

const SMOOTHING = 0.1;
const MAX_RETRY_SECONDS = 30;

/** One module's door; `W` is whatever waits. */
export class Door<W> {
  readonly #concurrency: number;
  readonly #queue: number;
  readonly #waiting = new Set<W>();
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
    return this.#waiting.size;
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

  /** Puts `waiter` at the end of the line; false when the line is full. */
  wait(waiter: W): boolean {
    if (this.#waiting.size >= this.#queue) return false;
    this.#waiting.add(waiter);
    return true;
  }

  /** Takes `waiter` out of the line, wherever it stands. */
  giveUp(waiter: W): void {
    this.#waiting.delete(waiter);
  }

  /** Takes the first of the line. */
  next(): W | undefined {
    for (const waiter of this.#waiting) {
      this.#waiting.delete(waiter);
      return waiter;
    }
    return undefined;
  }

  /** When somebody who is sent away should come again: about when the line has been served, 1 to 30 seconds. */
  get retryAfterSeconds(): number {
    const ms = ((this.#waiting.size + 1) / this.#concurrency) * this.#averageMs;
    return Math.min(MAX_RETRY_SECONDS, Math.max(1, Math.ceil(ms / 1000)));
  }
}
