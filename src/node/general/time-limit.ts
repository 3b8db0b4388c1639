import type { Clock } from '../../kernel/index.ts';
import { NodeError } from '../errors.ts';

/** Ours: the longest wait, in milliseconds, that a call of the control interface may ask for. */
export const MAX_WAIT_MS = 600_000;

/**
 * Gives `use` a signal that is aborted after `timeoutMs`, so that what it waits for has an end.
 * @throws {NodeError} NODE_ROUTE, by way of the signal, when the time is over
 */
export async function withTimeLimit<T>(
  clock: Clock,
  timeoutMs: number,
  what: string,
  use: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const cancel = clock.schedule(timeoutMs, () =>
    controller.abort(
      new NodeError('NODE_ROUTE', `${what}: no answer within ${timeoutMs} ms`, {
        remedy: 'check the route, and that the other node runs and lets this one in; or give it longer with --timeout',
      }),
    ),
  );
  try {
    return await use(controller.signal);
  } finally {
    cancel();
  }
}

/**
 * Resolves when `event` does, or after `waitMs`; no timer is left behind. For what is made whether or not it works at once.
 */
export async function settledWithin(
  clock: Pick<Clock, 'schedule'>,
  waitMs: number,
  event: Promise<unknown>,
): Promise<void> {
  const { promise: elapsed, resolve } = Promise.withResolvers<void>();
  const cancel = clock.schedule(waitMs, resolve);
  try {
    await Promise.race([event, elapsed]);
  } finally {
    cancel();
  }
}

/** Ours: how long an attempt at a way may take at first and at last, milliseconds, and how many in vain double it. */
const SHORT_ATTEMPT_MS = 5_000;
const LONG_ATTEMPT_MS = 30_000;
const ATTEMPTS_OF_ONE_LENGTH = 4;

/**
 * Limits the attempts at one way. They are short at first: what is sent to a node behind a relay while that node is away is lost without
 * a word, and whoever waited for the answer to it for as long as a slow way may take would not see that the node is back. They become
 * longer when none succeeds, so that a slow way is opened too; one that succeeds makes them short again.
 */
export function limitAttempts(
  clock: Clock,
  what: string,
): <T>(signal: AbortSignal, attempt: (signal: AbortSignal) => Promise<T>) => Promise<T> {
  let inVain = 0;
  return (signal, attempt) => {
    const timeoutMs = Math.min(LONG_ATTEMPT_MS, SHORT_ATTEMPT_MS * 2 ** Math.floor(inVain / ATTEMPTS_OF_ONE_LENGTH));
    return withTimeLimit(clock, timeoutMs, what, async (limit) => {
      try {
        const value = await attempt(AbortSignal.any([signal, limit]));
        inVain = 0;
        return value;
      } catch (error) {
        // What was refused, or could not be sent at all, says nothing about how slow the way is.
        if (limit.aborted) inVain++;
        throw error;
      }
    });
  };
}
