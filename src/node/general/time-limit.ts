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
