import type { Clock } from '../../kernel/index.ts';
import { SessionError } from './errors.ts';

/** One attempt at something that may never answer. */
export interface AttemptOptions<T> {
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** What is attempted, for the message of an error. */
  readonly what: string;
  /** Its signal is aborted when nobody waits any more. */
  readonly start: (signal: AbortSignal) => T | Promise<T>;
  /** Takes what came too late, to free it. */
  readonly discard: (late: T) => void;
}

/**
 * Runs `start` under a deadline, and does not rely on its heeding the signal: what it yields too late is discarded.
 * @throws {SessionError} SESSION_TIMED_OUT; the reason of `signal`; whatever `start` rejects with.
 */
export function attempt<T>({ clock, timeoutMs, signal, what, start, discard }: AttemptOptions<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason as Error);
      return;
    }
    const controller = new AbortController();
    let over = false;
    const settle = (): void => {
      over = true;
      cancel();
      signal.removeEventListener('abort', onAbort);
    };
    const giveUp = (reason: Error): void => {
      settle();
      controller.abort(reason);
      reject(reason);
    };
    const onAbort = (): void => giveUp(signal.reason as Error);
    const cancel = clock.schedule(timeoutMs, () =>
      giveUp(new SessionError('SESSION_TIMED_OUT', `${what} did not succeed within ${timeoutMs} ms`)),
    );
    signal.addEventListener('abort', onAbort, { once: true });
    Promise.try(start, controller.signal).then(
      (value) => {
        if (over) {
          discard(value);
          return;
        }
        settle();
        resolve(value);
      },
      (error: unknown) => {
        if (over) return;
        settle();
        reject(error instanceof Error ? error : new Error(String(error)));
      },
    );
  });
}
