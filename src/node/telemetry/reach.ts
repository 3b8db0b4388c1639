import { connect } from 'node:net';
import type { Clock } from '../../kernel/index.ts';

/** How an endpoint answered: `timed-out` also when its name could not be resolved in time. */
export type Reached = 'reached' | 'refused' | 'timed-out';

/** Whether `endpoint` accepts a connection within `timeoutMs`; it is closed at once. */
export function reach(endpoint: URL, timeoutMs: number, clock: Clock): Promise<Reached> {
  const { promise, resolve } = Promise.withResolvers<Reached>();
  // 443 is what gRPC takes.
  const port = endpoint.port === '' ? 443 : Number(endpoint.port);
  const socket = connect({ host: endpoint.hostname.replace(/^\[|\]$/g, ''), port });
  const cancel = clock.schedule(timeoutMs, () => resolve('timed-out'));
  socket.once('connect', () => resolve('reached'));
  socket.once('error', () => resolve('refused'));
  return promise.finally(() => {
    cancel();
    socket.destroy();
  });
}
