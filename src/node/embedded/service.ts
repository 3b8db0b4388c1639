import {
  type Address,
  allowAll,
  allowIncomingPeer,
  cachedPeerDecision,
  DEFAULT_REQUEST_TIMEOUT_MS,
  type LocalMessage,
  localMessage,
  type PeerDecision,
  type Worker,
} from '../../network/routing/index.ts';
import { type Identifier, parseIdentifier } from '../../trust/identity/index.ts';
import type { Core } from '../core/index.ts';

/** Ours: requests that one service answers at a time; more of them wait. */
const MAX_ANSWERING = 256;

/** What answers a request: the payload of the answer, or nothing for none. */
export type Answer = (
  payload: Uint8Array,
  peer: Identifier,
) => Uint8Array | undefined | Promise<Uint8Array | undefined>;

/**
 * Starts a worker that answers requests of those whom `decide` lets in. What `answer` throws is in the log, and the peer hears
 * nothing; an answer that takes longer than a request waits by default gives its place to another.
 * @throws {RoutingError} ROUTING_ADDRESS_IN_USE
 */
export function startService({ router, log }: Core, address: Address, decide: PeerDecision, answer: Answer): Worker {
  const answering = new Set<Promise<void>>();

  const reply = async ({ payload, localInfo, return: back }: LocalMessage): Promise<void> => {
    try {
      const answered = await answer(payload, parseIdentifier(localInfo?.peerIdentifier ?? ''));
      if (answered !== undefined) await worker.mailbox.send(localMessage(back, [address], answered));
    } catch (error) {
      log.warn('the service {service} failed: {error}', { service: address.key, error });
    }
  };

  const worker = router.register({
    mailbox: { address, incoming: allowIncomingPeer(cachedPeerDecision(decide, router.clock)), outgoing: allowAll },
    handle: (message) => {
      const { promise: late, resolve } = Promise.withResolvers<void>();
      const cancel = router.clock.schedule(DEFAULT_REQUEST_TIMEOUT_MS, resolve);
      const place: Promise<void> = Promise.race([reply(message), late]).finally(() => {
        cancel();
        answering.delete(place);
      });
      answering.add(place);
      return answering.size < MAX_ANSWERING ? undefined : Promise.race(answering);
    },
  });
  return worker;
}
