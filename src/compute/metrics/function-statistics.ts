import { DURATION_BOUNDS_MS, Histogram, type HistogramSnapshot, MEMORY_BOUNDS_BYTES } from './histogram.ts';

/** Ours: functions that are told apart. */
export const MAX_LABELS = 128;

/** What one call took; milliseconds, bytes. */
export interface CallCost {
  readonly wallMs: number;
  readonly queueMs: number;
  readonly startMs: number;
  readonly runMs: number;
  readonly waitMs: number;
  readonly cpuMs: number;
  readonly memoryBytes: number;
  readonly hostCalls: number;
}

/** Everything that is known about the calls of one function. Plain data. */
export interface FunctionStatistics {
  /** Full name of the function, or what else its calls were labelled with. */
  readonly label: string;
  /** How its calls ended: `output`, `guest-error`, or the code of a failure. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** What it asked for and was refused, by capability. */
  readonly denials: Readonly<Record<string, number>>;
  readonly hostCalls: number;
  readonly cpuMs: number;
  /** Largest linear memory of any call. */
  readonly memoryBytes: number;
  readonly durations: {
    /** From the call to its result; the sum of the others. */
    readonly wall: HistogramSnapshot;
    /** Until a thread had it. */
    readonly queue: HistogramSnapshot;
    /** From there until its instance was made. */
    readonly start: HistogramSnapshot;
    /** Running in the guest and in host functions of its thread. */
    readonly run: HistogramSnapshot;
    /** For answers, for its next slice, and on the way between threads. */
    readonly wait: HistogramSnapshot;
  };
  readonly memory: HistogramSnapshot;
}

class Recorder {
  readonly label: string;
  /** Sequence number of the last call. */
  lastCall = 0;
  readonly #outcomes: Record<string, number> = Object.create(null) as Record<string, number>;
  readonly #denials: Record<string, number> = Object.create(null) as Record<string, number>;
  #hostCalls = 0;
  #cpuMs = 0;
  #memoryBytes = 0;
  readonly #wall = new Histogram(DURATION_BOUNDS_MS);
  readonly #queue = new Histogram(DURATION_BOUNDS_MS);
  readonly #start = new Histogram(DURATION_BOUNDS_MS);
  readonly #run = new Histogram(DURATION_BOUNDS_MS);
  readonly #wait = new Histogram(DURATION_BOUNDS_MS);
  readonly #memory = new Histogram(MEMORY_BOUNDS_BYTES);

  constructor(label: string) {
    this.label = label;
  }

  count(outcome: string, cost: CallCost): void {
    this.#outcomes[outcome] = (this.#outcomes[outcome] ?? 0) + 1;
    this.#hostCalls += cost.hostCalls;
    this.#cpuMs += cost.cpuMs;
    if (cost.memoryBytes > this.#memoryBytes) this.#memoryBytes = cost.memoryBytes;
    this.#wall.observe(cost.wallMs);
    this.#queue.observe(cost.queueMs);
    this.#start.observe(cost.startMs);
    this.#run.observe(cost.runMs);
    this.#wait.observe(cost.waitMs);
    this.#memory.observe(cost.memoryBytes);
  }

  deny(capability: string, times: number): void {
    this.#denials[capability] = (this.#denials[capability] ?? 0) + times;
  }

  snapshot(): FunctionStatistics {
    return {
      label: this.label,
      outcomes: { ...this.#outcomes },
      denials: { ...this.#denials },
      hostCalls: this.#hostCalls,
      cpuMs: this.#cpuMs,
      memoryBytes: this.#memoryBytes,
      durations: {
        wall: this.#wall.snapshot(),
        queue: this.#queue.snapshot(),
        start: this.#start.snapshot(),
        run: this.#run.snapshot(),
        wait: this.#wait.snapshot(),
      },
      memory: this.#memory.snapshot(),
    };
  }
}

/**
 * Statistics of functions by label. The first calls of a function make its record, later ones allocate nothing. When there are
 * {@link MAX_LABELS}, a new function takes the place of the one that was called longest ago: versions come and go.
 */
export class FunctionRecords {
  readonly #records = new Map<string, Recorder>();
  #calls = 0;

  /** One call has ended. @param outcome one of a small fixed set of words. */
  count(label: string, outcome: string, cost: CallCost): void {
    const record = this.#of(label);
    record.lastCall = ++this.#calls;
    record.count(outcome, cost);
  }

  /** A capability was refused. @param capability one of a small fixed set of words. */
  deny(label: string, capability: string, times = 1): void {
    this.#of(label).deny(capability, times);
  }

  snapshot(): readonly FunctionStatistics[] {
    return [...this.#records.values()].map((record) => record.snapshot());
  }

  #of(label: string): Recorder {
    const known = this.#records.get(label);
    if (known !== undefined) return known;
    if (this.#records.size >= MAX_LABELS) this.#makeRoom();
    const record = new Recorder(label);
    record.lastCall = this.#calls;
    this.#records.set(label, record);
    return record;
  }

  #makeRoom(): void {
    let oldest: Recorder | undefined;
    for (const record of this.#records.values()) {
      if (oldest === undefined || record.lastCall < oldest.lastCall) oldest = record;
    }
    if (oldest !== undefined) this.#records.delete(oldest.label);
  }
}
