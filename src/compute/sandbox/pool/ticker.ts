/**
 * Entry of the ticker thread: raises the flag of every thread whose guest has run for a whole tick, and reports threads that
 * stay in one slice for too long. It only ever blocks in `Atomics.wait`, so it works however busy the main thread is.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { sleepTicker, sliceOf, waitTick } from '../wire/index.ts';

/** What the ticker is given. */
export interface TickerData {
  readonly control: Int32Array;
  /** For each thread the word that its guests poll. */
  readonly flags: readonly Int32Array[];
  readonly sliceMs: number;
  readonly stallMs: number;
}

/** The ticker's only message: thread `thread` has been in slice `slice` for too long. */
export interface StallReport {
  readonly thread: number;
  readonly slice: number;
}

const TICKS_UNTIL_SLEEP = 100;

function run({ control, flags, sliceMs, stallMs }: TickerData, report: (stall: StallReport) => void): void {
  const seen = flags.map((_, thread) => ({ slice: sliceOf(control, thread), since: performance.now(), told: false }));
  const quiet = (): boolean => seen.every(({ slice }, thread) => slice % 2 === 0 && sliceOf(control, thread) === slice);
  let quietTicks = 0;
  while (waitTick(control, sliceMs)) {
    quietTicks = quiet() ? quietTicks + 1 : 0;
    if (quietTicks >= TICKS_UNTIL_SLEEP) {
      sleepTicker(control, quiet);
      quietTicks = 0;
    }
    const now = performance.now();
    for (const [thread, mark] of seen.entries()) {
      const slice = sliceOf(control, thread);
      if (slice !== mark.slice) {
        mark.slice = slice;
        mark.since = now;
        mark.told = false;
      } else if (slice % 2 !== 0) {
        const flag = flags[thread];
        if (flag !== undefined) Atomics.store(flag, 0, 1);
        if (now - mark.since > stallMs && !mark.told) {
          mark.told = true;
          report({ thread, slice });
        }
      }
    }
  }
}

run(workerData as TickerData, (stall) => parentPort?.postMessage(stall, []));
