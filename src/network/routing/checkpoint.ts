import type { Clock } from '../../kernel/index.ts';
import type { AccessControl, Delivery, Verdict } from './access-control.ts';
import type { RefusalReason } from './refusal.ts';

/** Which door was closed and what its control said. */
export interface Denial {
  readonly reason: RefusalReason & ('outgoing-denied' | 'incoming-denied');
  readonly detail: string;
}

/** undefined lets the message pass. */
export type Decision = Denial | undefined | Promise<Denial | undefined>;

/** Asks the two controls on the way of a message, first the source's, then the destination's (`routing.md` §9). */
export interface CheckpointOptions {
  readonly clock: Clock;
  /** A control that takes longer denies; milliseconds. */
  readonly maxWaitMs: number;
  /** Told of every error a control raises; the message is denied. */
  readonly onError: (error: unknown, delivery: Delivery) => void;
}

/** Decides about `delivery`; synchronously when both controls do. Every failure of a control denies. */
export function decide(
  outgoing: AccessControl,
  incoming: AccessControl,
  delivery: Delivery,
  options: CheckpointOptions,
): Decision {
  const first = ask(outgoing, 'outgoing-denied', delivery, options);
  if (first === undefined) return ask(incoming, 'incoming-denied', delivery, options);
  if (!(first instanceof Promise)) return first;
  return first.then((denial) => denial ?? ask(incoming, 'incoming-denied', delivery, options));
}

function ask(
  control: AccessControl,
  reason: Denial['reason'],
  delivery: Delivery,
  options: CheckpointOptions,
): Decision {
  try {
    const verdict = control(delivery);
    if (verdict instanceof Promise) return askLate(verdict, reason, delivery, options);
    return verdict.allowed ? undefined : { reason, detail: verdict.reason };
  } catch (error) {
    options.onError(error, delivery);
    return { reason, detail: 'the access control failed' };
  }
}

function askLate(
  verdict: Promise<Verdict>,
  reason: Denial['reason'],
  delivery: Delivery,
  { clock, maxWaitMs, onError }: CheckpointOptions,
): Promise<Denial | undefined> {
  return new Promise((resolve) => {
    const cancel = clock.schedule(maxWaitMs, () => resolve({ reason, detail: 'the access control took too long' }));
    verdict.then(
      (settled) => {
        cancel();
        resolve(settled.allowed ? undefined : { reason, detail: settled.reason });
      },
      (error: unknown) => {
        cancel();
        onError(error, delivery);
        resolve({ reason, detail: 'the access control failed' });
      },
    );
  });
}
