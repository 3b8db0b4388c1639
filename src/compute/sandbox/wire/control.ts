/**
 * Words that all threads of a sandbox share, in one `Int32Array` over shared memory.
 *
 * Word 0: set to stop the ticker. Word 1: 1 while the ticker sleeps. Then one word a thread, each on a cache line of its own:
 * the slice number, odd while a guest runs. The flag that running guests poll is elsewhere, in a memory they can read.
 */
const STOP = 0;
const ASLEEP = 1;
const FIRST = 16;
const STRIDE = 16;

/** Makes the control words of `threads` threads. */
export function makeControl(threads: number): Int32Array {
  return new Int32Array(new SharedArrayBuffer((FIRST + threads * STRIDE) * 4));
}

/** The slice number of thread `index`. */
export function sliceOf(control: Int32Array, index: number): number {
  return Atomics.load(control, FIRST + index * STRIDE);
}

/** After a thread has died: no guest runs there, and no slice number looks like one of before. */
export function resetSlice(control: Int32Array, index: number): void {
  Atomics.store(control, FIRST + index * STRIDE, (sliceOf(control, index) | 1) + 1);
}

/** Tells the ticker to end. */
export function stopTicker(control: Int32Array): void {
  Atomics.store(control, STOP, 1);
  Atomics.notify(control, STOP);
  wakeTicker(control);
}

/** Waits up to `ms`; false when the ticker is to end. */
export function waitTick(control: Int32Array, ms: number): boolean {
  return Atomics.wait(control, STOP, 0, ms) === 'timed-out';
}

/** Sleeps until a thread begins a slice; `quiet` is asked once more after the sleep was announced, so none is missed. */
export function sleepTicker(control: Int32Array, quiet: () => boolean): void {
  Atomics.store(control, ASLEEP, 1);
  if (quiet() && Atomics.load(control, STOP) === 0) Atomics.wait(control, ASLEEP, 1);
  Atomics.store(control, ASLEEP, 0);
}

function wakeTicker(control: Int32Array): void {
  Atomics.store(control, ASLEEP, 0);
  Atomics.notify(control, ASLEEP);
}

/** A thread's own view: it announces slices and measures them. */
export class SliceMeter {
  readonly #control: Int32Array;
  readonly #word: number;
  readonly #flag: Int32Array;
  readonly #now: () => number;
  #slice: number;
  #startedAt = 0;

  /** @param flag the word that guests of this thread poll. @param now milliseconds, monotonic, with fractions. */
  constructor(control: Int32Array, index: number, flag: Int32Array, now: () => number) {
    this.#control = control;
    this.#word = FIRST + index * STRIDE;
    this.#flag = flag;
    this.#now = now;
    this.#slice = sliceOf(control, index);
  }

  /** A guest begins to run. The flag may still be up from the slice before. */
  begin(): void {
    this.#slice = (this.#slice + 1) | 0;
    Atomics.store(this.#control, this.#word, this.#slice);
    Atomics.store(this.#flag, 0, 0);
    if (Atomics.load(this.#control, ASLEEP) === 1) wakeTicker(this.#control);
    this.#startedAt = this.#now();
  }

  /** When the guest began to run, milliseconds. */
  get startedAt(): number {
    return this.#startedAt;
  }

  /** Milliseconds since the guest began to run. */
  elapsed(): number {
    return this.#now() - this.#startedAt;
  }

  /** It has stopped running; returns how long it ran, in milliseconds. */
  end(): number {
    const elapsed = this.elapsed();
    this.#slice = (this.#slice + 1) | 0;
    Atomics.store(this.#control, this.#word, this.#slice);
    return elapsed;
  }
}
