import { EMPTY } from '../../kernel/index.ts';
import { allowAll, allowOnward } from './access-control.ts';
import { type LocalMessage, localMessage } from './local-message.ts';
import { formatAddress, randomAddress, type Route, RoutingError } from './wire/index.ts';
import type { Router } from './router.ts';

/** Specification: how long a request waits for its answer, in milliseconds. */
export const DEFAULT_REQUEST_TIMEOUT_MS = 30_000;

/** One request. */
export interface RequestOptions {
  /** The complete route to the worker that answers. */
  readonly onward: Route;
  readonly payload?: Uint8Array | undefined;
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Sends one message from a temporary worker and resolves with the one message that comes back to it (`routing.md` §8).
 * Nothing but the random address ties the two together; `localInfo` of the answer says who gave it.
 * @throws {RoutingError} ROUTING_UNDELIVERABLE when the first hop is not there or refuses, ROUTING_REQUEST_TIMED_OUT,
 * ROUTING_STOPPED; the reason of `signal` when that is aborted.
 */
export function request(router: Router, options: RequestOptions): Promise<LocalMessage> {
  const { onward, payload = EMPTY, timeoutMs = DEFAULT_REQUEST_TIMEOUT_MS, signal } = options;
  return new Promise((resolve, reject) => {
    const first = onward[0];
    if (first === undefined) {
      reject(new RoutingError('ROUTING_UNDELIVERABLE', 'the onward route of a request is empty'));
      return;
    }
    if (signal?.aborted) {
      reject(signal.reason as Error);
      return;
    }
    const shown = formatAddress(first);
    const address = randomAddress(router.random);
    const worker = router.register({
      mailbox: { address, incoming: allowAll, outgoing: allowOnward(first) },
      handle: (answer) => {
        resolve(answer);
        worker.stop();
      },
      onStop: () => {
        cancel();
        signal?.removeEventListener('abort', onAbort);
        // Without effect unless somebody else stopped the worker, as the router does when it stops.
        reject(new RoutingError('ROUTING_STOPPED', `the router stopped before ${shown} answered`));
      },
    });
    const fail = (error: Error): void => {
      reject(error);
      worker.stop();
    };
    const onAbort = (): void => fail(signal?.reason as Error);
    const cancel = router.clock.schedule(timeoutMs, () =>
      fail(new RoutingError('ROUTING_REQUEST_TIMED_OUT', `no answer by ${shown} within ${timeoutMs} ms`)),
    );
    signal?.addEventListener('abort', onAbort, { once: true });
    router.flows.admitReplies(address, first);
    const sent = worker.mailbox.send(localMessage(onward, [address], payload));
    if (sent !== undefined && !(sent instanceof Promise)) {
      fail(new RoutingError('ROUTING_UNDELIVERABLE', `a request to ${shown} was refused: ${sent.detail}`));
    }
  });
}
