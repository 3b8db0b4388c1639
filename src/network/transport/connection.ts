import type { Cancel, Clock } from '../../kernel/index.ts';
import {
  type AccessControl,
  type Address,
  ALLOWED,
  decodeTransportMessage,
  denied,
  denyAll,
  type FlowControlId,
  isBeyondRouteBounds,
  isReadableRoute,
  localMessage,
  markExclusive,
  type OutboundMessage,
  payloadLength,
  prepend,
  randomAddress,
  randomFlowControlId,
  type Router,
  type TransportMessage,
  type Worker,
} from '../routing/index.ts';
import { TransportError } from './errors.ts';
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

/**
 * Ours: how long a peer may take to read what a full link holds, milliseconds, and how slowly the message that filled it. Whoever looks at the
 * rows of a query page by page reads late behind a portal, and so does the node that serves it; but one that reads nothing
 * would keep all that waits for it, and those who send to it, for ever.
 */
const UNREAD_MS = 600_000;
const SLOWEST_BYTES_PER_SECOND = 8 * 1024;
/** Ours: how often it is looked at, milliseconds. */
const LOOK_MS = 10_000;

/** The wire of a connection that is over. */
const NO_LINK: Link = {
  write: () => undefined,
  drain: () => Promise.resolve(),
  close: () => undefined,
};

/** Bounds what all connections of a transport hold for peers that do not read; it may give up whoever holds the longest. */
export interface UnreadBound {
  /** `connection` holds `bytes` now. */
  readonly hold: (connection: WorkerConnection, bytes: number) => void;
  /** Its peer has read. */
  readonly release: (connection: WorkerConnection) => void;
}

/** What a connection is made of. */
export interface ConnectionParts {
  readonly router: Router;
  readonly tally: Tally;
  readonly link: Link;
  readonly direction: Connection['direction'];
  readonly remote: string;
  /** Identifier of the listener that accepted it. */
  readonly spawnerId?: FlowControlId | undefined;
  /** Default: nothing bounds it. */
  readonly unread?: UnreadBound | undefined;
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
  readonly #clock: Clock;
  readonly #unread: UnreadBound | undefined;
  /** Bytes of the message that the link has taken and the peer has not read; 0 while the link takes more. */
  #stuckBytes = 0;
  #stuckSinceMs = 0;
  #cancelLook: Cancel | undefined;
  #silent = false;

  constructor({ router, tally, link, direction, remote, spawnerId, unread }: ConnectionParts) {
    this.direction = direction;
    this.remote = remote;
    this.sender = randomAddress(router.random);
    this.receiver = randomAddress(router.random);
    this.flowControlId = randomFlowControlId(router.random);
    this.#link = link;
    this.#tally = tally;
    this.#clock = router.clock;
    this.#unread = unread;
    const { promise, resolve } = Promise.withResolvers<Closed>();
    this.closed = promise;
    this.#settle = resolve;
    const onStop = (): void => {
      if (!this.#silent) this.#link.close({ reason: 'closed-here' });
    };
    this.#senderWorker = router.register({
      mailbox: {
        address: this.sender,
        incoming: allowReadable,
        outgoing: denyAll,
        terminal: { peerIdentifier: undefined },
      },
      handleParts: (message) => {
        const { onward, return: returnRoute, payload } = message;
        const room = this.#link.write({ onward: onward.slice(1), return: returnRoute, payload });
        return room === undefined ? undefined : this.#untilRead(room, payloadLength(message));
      },
      onQueued: (bytes) => {
        if (this.#stuckBytes > 0) this.#unread?.hold(this, this.#stuckBytes + bytes);
      },
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
   * @throws {CborError} when it does not decode; a route beyond our bounds is passed over.
   */
  receive(frame: Uint8Array, exclusive = false): Promise<void> | undefined {
    let decoded: TransportMessage;
    try {
      decoded = decodeTransportMessage(frame);
    } catch (error) {
      // Not the fault of who sent it: a relay passes on what strangers send, and one that is not of our kind knows no such bounds.
      if (!isBeyondRouteBounds(error)) throw error;
      this.#tally.unreadableRoutes++;
      return undefined;
    }
    const { onward, return: returnRoute, payload } = decoded;
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
    this.#unread?.release(this);
    this.#cancelLook?.();
    this.#link = NO_LINK;
    this.#settle(closed);
  }

  giveUp = (): void => {
    this.#link.close({
      reason: 'unread',
      error: new TransportError(
        'TRANSPORT_UNREAD',
        'the peer has not read for too long, or for the longest while what waits takes too much memory',
      ),
    });
  };

  /** Everything that is to go out waits meanwhile, and so does what came to be passed on, with all that came behind it. */
  async #untilRead(room: Promise<void>, bytes: number): Promise<void> {
    this.#stuckBytes = Math.max(1, bytes);
    this.#stuckSinceMs = this.#clock.monotonicMs();
    this.#unread?.hold(this, bytes);
    // A busy connection waits a thousand times a second: a timer for each of them would cost more than the rest.
    if (this.#cancelLook === undefined) this.#planLook();
    await room;
    this.#stuckBytes = 0;
    this.#unread?.release(this);
  }

  #planLook(): void {
    this.#cancelLook = this.#clock.schedule(LOOK_MS, () => {
      this.#cancelLook = undefined;
      if (this.#stuckBytes === 0) return;
      const allowedMs = UNREAD_MS + (this.#stuckBytes / SLOWEST_BYTES_PER_SECOND) * 1000;
      if (this.#clock.monotonicMs() - this.#stuckSinceMs >= allowedMs) this.giveUp();
      else this.#planLook();
    });
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

/**
 * Refuses what the peer would not read. A stranger's message that a relay passes on gets longer routes on its way, and must not cost the
 * connection that it was to leave by. One that no frame can hold is the fault of who made it here, and ends the connection: whatever was sealed
 * in it cannot be made up for.
 */
const allowReadable: AccessControl = ({ message }) =>
  isReadableRoute(message.onward, 1) && isReadableRoute(message.return) ? ALLOWED : ROUTE_TOO_LONG;
const ROUTE_TOO_LONG = denied('a route of the message is too long');
