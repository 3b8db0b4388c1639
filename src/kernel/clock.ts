/** Time and chance as values that are passed in, so that a whole constellation can run under a simulated clock. */

/** A source of time. Implementations: the system's (`node/`) and a virtual one (`test/support`). */
export interface Clock {
  /** Wall-clock time in milliseconds since the Unix epoch; may jump. */
  readonly nowMs: () => number;
  /** Milliseconds since an arbitrary start; never goes back. Deadlines and durations use this one. */
  readonly monotonicMs: () => number;
  /** Runs `action` once after `delayMs` (≥ 0) unless the returned function is called first. Does not keep a process alive. */
  readonly schedule: (delayMs: number, action: () => void) => Cancel;
}

/** Takes back a scheduled action; harmless when it has already run. */
export type Cancel = () => void;

/** Cryptographically strong random bytes: a new array of exactly `length` bytes, owned by the caller. */
export type RandomSource = (length: number) => Uint8Array;

/** Wall-clock time of `clock` in whole Unix seconds, the unit of all signed timestamps. */
export function nowSeconds(clock: Pick<Clock, 'nowMs'>): number {
  return Math.floor(clock.nowMs() / 1000);
}

/**
 * Resolves after `delayMs` on `clock`; rejects with `signal.reason` when `signal` is aborted first.
 */
export function delay(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason as Error);
      return;
    }
    const onAbort = (): void => {
      cancel();
      reject(signal?.reason as Error);
    };
    const cancel = clock.schedule(delayMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
