/** How often values fell into fixed buckets. Plain data. */
export interface HistogramSnapshot {
  /** Largest value of each bucket, ascending; a last bucket takes what is larger than all of them. */
  readonly bounds: readonly number[];
  /** Values in each bucket alone, one more than there are bounds. */
  readonly counts: readonly number[];
  readonly sum: number;
}

/** Ours: bounds of durations, milliseconds: from a call that does nothing to the default deadline. */
export const DURATION_BOUNDS_MS: readonly number[] = [
  0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000,
];

/** Ours: bounds of memories, bytes: one page to what a sandbox gives by default, and beyond. */
export const MEMORY_BOUNDS_BYTES: readonly number[] = Array.from({ length: 9 }, (_, i) => 65_536 * 4 ** i);

/** Counts values in buckets whose bounds never change; observing allocates nothing. */
export class Histogram {
  readonly #bounds: readonly number[];
  readonly #counts: Float64Array;
  #sum = 0;

  /** @param bounds ascending. */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  /** Takes in one value; what is no number or below 0, as a clock that was set back gives it, counts as 0. */
  observe(value: number): void {
    const bounds = this.#bounds;
    const taken = value >= 0 ? value : 0;
    let bucket = 0;
    while (bucket < bounds.length && taken > (bounds[bucket] as number)) bucket++;
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1;
    this.#sum += taken;
  }

  snapshot(): HistogramSnapshot {
    return { bounds: this.#bounds, counts: [...this.#counts], sum: this.#sum };
  }
}
