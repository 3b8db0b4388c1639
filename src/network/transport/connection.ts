import {
  type Address,
  allowAll,
  decodeTransportMessage,
  denyAll,
  type FlowControlId,
  localMessage,
  markExclusive,
  type OutboundMessage,
  prepend,
  randomAddress,
  randomFlowControlId,
  type Router,
  type Worker,
} from '../routing/index.ts';
import type { Tally } from './tally.ts';
import type { Closed, Connection } from './transport.ts';

/** The wire under a connection. */
export interface Link {
  /** Sends routes and payload, never local information. A promise: taken, but await it before sending more. */
  readonly write: (message: OutboundMessage) => Promise<void> | undefined;
  /** Resolves when what was written has left the process or the link is gone; never rejects. */
  readonly drain: () => Promise<void>;
  /** Ends both directions; the link answers with `finish` of its connection, at once or later. */
  readonly close: (closed: Closed) => void;
}

/** The wire of a connection that is over. */
const NO_LINK: Link = {
  write: () => undefined,
  drain: () => Promise.resolve(),
  close: () => undefined,
};

/** What a connection is made of. */
export interface ConnectionParts {
  readonly router: Router;
  readonly tally: Tally;
  readonly link: Link;
  readonly direction: Connection['direction'];
  readonly remote: string;
  /** Identifier of the listener that accepted it. */
  readonly spawnerId?: FlowControlId | undefined;
}

/**
 * The two workers of a connection (`tcp-transport.md` §5): the sender, which anybody here may write to, and the receiver,
 * which may reach only consumers of the connection or of its listener.
 *
 * Deviation: the reference has two more addresses by which its halves tell each other that the connection is over; here
 * one object owns both halves.
 */
export class WorkerConnection implements Connection {
  readonly direction: Connection['direction'];
  readonly sender: Address;
  readonly receiver: Address;
  readonly flowControlId: FlowControlId;
  readonly remote: string;
  readonly closed: Promise<Closed>;
  /** Let go of when it is gone: a connection may be kept, and collected, much later than its socket and buffers can be. */
  #link: Link;
  readonly #tally: Tally;
  readonly #senderWorker: Worker;
  readonly #receiverWorker: Worker;
  readonly #settle: (closed: Closed) => void;
  #silent = false;

  constructor({ router, tally, link, direction, remote, spawnerId }: ConnectionParts) {
    this.direction = direction;
    this.remote = remote;
    this.sender = randomAddress(router.random);
    this.receiver = randomAddress(router.random);
    this.flowControlId = randomFlowControlId(router.random);
    this.#link = link;
    this.#tally = tally;
    const { promise, resolve } = Promise.withResolvers<Closed>();
    this.closed = promise;
    this.#settle = resolve;
    const onStop = (): void => {
      if (!this.#silent) this.#link.close({ reason: 'closed-here' });
    };
    this.#senderWorker = router.register({
      mailbox: {
        address: this.sender,
        incoming: allowAll,
        outgoing: denyAll,
        terminal: { peerIdentifier: undefined },
      },
      handleParts: ({ onward, return: returnRoute, payload }) =>
        this.#link.write({ onward: onward.slice(1), return: returnRoute, payload }),
      onStop,
    });
    this.#receiverWorker = router.register({
      mailbox: {
        address: this.receiver,
        incoming: denyAll,
        outgoing: router.flows.control(this.flowControlId, spawnerId),
      },
      handle: () => undefined,
      onStop,
    });
    router.flows.addProducer({ address: this.receiver, id: this.flowControlId, spawnerId }, [this.sender]);
    tally.begin(this);
  }

  /**
   * Delivers the message in `frame`, the CBOR of `tcp-transport.md` §2, a view that must not change later; `exclusive` when it
   * is all of its memory and nothing else refers to that.
   * @returns a promise to await before the next frame when its destination is busy.
   * @throws {CborError | RoutingError} when it does not decode.
   */
  receive(frame: Uint8Array, exclusive = false): Promise<void> | undefined {
    const { onward, return: returnRoute, payload } = decodeTransportMessage(frame);
    if (onward.length === 0) {
      this.#tally.heartbeats++;
      return undefined;
    }
    const message = localMessage(onward, prepend(this.sender, returnRoute), payload);
    if (exclusive) markExclusive(message);
    const sent = this.#receiverWorker.mailbox.send(message);
    return sent instanceof Promise ? sent : undefined;
  }

  /** Stops both workers, so that nothing goes out or in any more; called by the link as soon as the end is certain. */
  silence(): void {
    if (this.#silent) return;
    this.#silent = true;
    this.#senderWorker.stop();
    this.#receiverWorker.stop();
  }

  /** The link is gone: tells those who wait. Harmless when repeated; the first reason counts. */
  finish(closed: Closed): void {
    this.silence();
    this.#tally.end(this, closed);
    this.#link = NO_LINK;
    this.#settle(closed);
  }

  drain = async (): Promise<void> => {
    await this.#senderWorker.idle();
    await this.#link.drain();
  };

  close = (): Promise<Closed> => {
    this.#link.close({ reason: 'closed-here' });
    return this.closed;
  };
}
