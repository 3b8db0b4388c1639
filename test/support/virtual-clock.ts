import type { Cancel, Clock } from '../../src/kernel/index.ts';

/** A clock that stands still until a test moves it; actions due in between run in order of their time. */
export class VirtualClock implements Clock {
  #now: number;
  readonly #start: number;
  #sequence = 0;
  readonly #actions: { at: number; sequence: number; run: () => void }[] = [];

  /** @param startMs wall-clock time at the start, Unix milliseconds. */
  constructor(startMs: number = Date.UTC(2026, 0, 1)) {
    this.#now = startMs;
    this.#start = startMs;
  }

  nowMs = (): number => this.#now;
  monotonicMs = (): number => this.#now - this.#start;

  schedule = (delayMs: number, run: () => void): Cancel => {
    const action = { at: this.#now + Math.max(0, delayMs), sequence: this.#sequence++, run };
    this.#actions.push(action);
    return () => {
      const index = this.#actions.indexOf(action);
      if (index >= 0) this.#actions.splice(index, 1);
    };
  };

  /** How many actions wait. */
  get pending(): number {
    return this.#actions.length;
  }

  /** Moves time forward by `ms`, running what falls due and letting promises settle in between. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (;;) {
      this.#actions.sort((a, b) => a.at - b.at || a.sequence - b.sequence);
      const next = this.#actions[0];
      if (next === undefined || next.at > end) break;
      this.#actions.shift();
      this.#now = next.at;
      next.run();
      await settle();
    }
    this.#now = end;
  }
}

/** Lets everything that is already resolved run to its end. */
export function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Moves the time by single milliseconds until `promise` has settled, for 2 s at most; gives what it settled with. */
export async function eventually<T>(clock: VirtualClock, promise: Promise<T>): Promise<T> {
  let settled = false;
  const watch = promise.finally(() => (settled = true));
  watch.catch(() => undefined);
  for (let i = 0; i < 2000; i++) {
    if (settled) return promise;
    await clock.advance(1);
  }
  throw new Error('the promise did not settle within 2 s of simulated time');
}
