/** What sandbox processes hold together, and which of them holds too much of it (`docs/sandbox.md` §8). */
import { readFileSync } from 'node:fs';
import { type Cancel, type Clock, hasCode } from '../../../kernel/index.ts';

/** Ours: how long one reading is good for, and how often they are looked at while calls are in flight, milliseconds. */
const FRESH_MS = 100;
const WATCH_MS = 250;
/** Ours: when all hold so much more than they should, the one with the most is ended. */
const TOO_MUCH = 1.125;
/** Of Linux, on the machines that Node supports. */
const PAGE = 4096;

/** One process among those that share a bound. */
export interface WatchedProcess {
  readonly pid: number;
  /** Calls in flight. */
  readonly calls: () => number;
  /** Ends it, with its calls: it holds `bytes`. */
  readonly end: (bytes: number) => void;
}

/**
 * The bound that processes share. A process is over its share when all together hold more than the bound, and it more than an
 * equal part: so one that grows is held back before those that do not.
 */
export class ProcessMemory {
  readonly #clock: Clock;
  readonly #most: number;
  readonly #read: (pid: number) => number;
  readonly #processes = new Set<WatchedProcess>();
  #held = new Map<WatchedProcess, number>();
  #total = 0;
  #readAt = Number.NEGATIVE_INFINITY;
  #cancelWatch: Cancel | undefined;

  /** @param most what all may hold together, bytes. @param read what one holds, bytes. */
  constructor(clock: Clock, most: number, read: (pid: number) => number = privateBytes) {
    this.#clock = clock;
    this.#most = most;
    this.#read = read;
  }

  /** Counts `process` from now on; the function ends that. */
  add(process: WatchedProcess): () => void {
    this.#processes.add(process);
    this.#readAt = Number.NEGATIVE_INFINITY;
    return () => {
      this.#processes.delete(process);
      this.#readAt = Number.NEGATIVE_INFINITY;
      if (this.#processes.size > 0) return;
      this.#cancelWatch?.();
      this.#cancelWatch = undefined;
    };
  }

  /** Whether `process` is over its share, as of 100 ms ago at most. */
  exceededBy(process: WatchedProcess): boolean {
    this.#look();
    return this.#total > this.#most && (this.#held.get(process) ?? 0) > this.#most / this.#processes.size;
  }

  /** Looks again and again while calls are in flight, since those in flight grow. */
  watch(): void {
    this.#cancelWatch ??= this.#clock.schedule(WATCH_MS, () => {
      this.#cancelWatch = undefined;
      this.#endLargest();
      if ([...this.#processes].some(({ calls }) => calls() > 0)) this.watch();
    });
  }

  #endLargest(): void {
    this.#look();
    if (this.#total <= this.#most * TOO_MUCH) return;
    const [largest] = [...this.#held].sort(([, a], [, b]) => b - a);
    if (largest === undefined) return;
    this.#readAt = Number.NEGATIVE_INFINITY;
    largest[0].end(largest[1]);
  }

  #look(): void {
    const now = this.#clock.monotonicMs();
    if (now - this.#readAt < FRESH_MS) return;
    this.#readAt = now;
    this.#held = new Map([...this.#processes].map((process) => [process, this.#read(process.pid)]));
    this.#total = 0;
    for (const bytes of this.#held.values()) this.#total += bytes;
  }
}

/**
 * What the process holds in RAM and shares with nobody, bytes; 0 when it has ended, and where the system does not tell (it is
 * Linux that does).
 */
export function privateBytes(pid: number): number {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/statm`, 'latin1');
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ESRCH')) return 0;
    throw error;
  }
  const [, resident = 0, shared = 0] = text.split(' ').map(Number);
  return (resident - shared) * PAGE;
}
