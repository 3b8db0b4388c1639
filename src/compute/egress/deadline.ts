/** Waiting that ends: every wait of this room goes through one of these two. */
import type { Clock } from '../../kernel/index.ts';
import { EgressError } from './errors.ts';

/** The outcome of `work`, or a rejection with `signal.reason` as soon as `signal` is aborted. */
export function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    // Once aborted, a late outcome of `work` is settled here as well and goes nowhere.
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/**
 * Runs `work` with a signal that is aborted by `parent` or after `limitMs` on `clock`, and stops waiting then.
 * @throws {EgressError} EGRESS_DEADLINE
 */
export async function withDeadline<T>(
  clock: Clock,
  limitMs: number,
  waitsFor: string,
  parent: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const timer = new AbortController();
  const cancel = clock.schedule(limitMs, () => {
    timer.abort(new EgressError('EGRESS_DEADLINE', `no ${waitsFor} within ${limitMs} ms`));
  });
  const signal = AbortSignal.any([parent, timer.signal]);
  try {
    signal.throwIfAborted();
    return await abortable(work(signal), signal);
  } finally {
    cancel();
  }
}
