/** How much memory the process holds, looked at now and then (`docs/sandbox.md` §2.2). */
import type { Clock } from '../../../kernel/index.ts';
import type { SandboxLimits } from '../limits.ts';

/** Ours: how long one reading is good for, milliseconds; a reading takes some ten microseconds. */
const FRESH_MS = 100;

/** The bound on the resident memory of the process. */
export class ResidentMemory {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #read: () => number;
  readonly #most: number;
  #readAt = Number.NEGATIVE_INFINITY;
  #bytes = 0;

  /** @param read what the process holds now, bytes. @param most what it may hold before calls are refused, bytes. */
  constructor(clock: Pick<Clock, 'monotonicMs'>, read: () => number, most: number) {
    this.#clock = clock;
    this.#read = read;
    this.#most = most;
  }

  /** Whether the process holds more than it should, as of 100 ms ago at most. */
  get exceeded(): boolean {
    const now = this.#clock.monotonicMs();
    if (now - this.#readAt >= FRESH_MS) {
      this.#readAt = now;
      this.#bytes = this.#read();
    }
    return this.#bytes > this.#most;
  }
}

/** That of a sandbox. @param options `residentBytes` is what the process holds now; its resident set unless given. */
export function residentMemory(
  options: { readonly clock: Clock; readonly residentBytes?: () => number },
  limits: SandboxLimits,
): ResidentMemory {
  return new ResidentMemory(
    options.clock,
    options.residentBytes ?? (() => process.memoryUsage.rss()),
    limits.residentBytes,
  );
}
