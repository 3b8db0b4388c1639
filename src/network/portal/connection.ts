import type { Socket } from 'node:net';
import type { Cancel } from '../../kernel/index.ts';
import {
  type AccessControl,
  type Address,
  addressName,
  denied,
  isExclusive,
  type LocalMessage,
  localMessage,
  markExclusive,
  partedMessage,
  type OutboundMessage,
  randomAddress,
  releasePayload,
  type Route,
  type Router,
  type Sent,
  type Worker,
} from '../routing/index.ts';
import { observed, type PortalControls } from './access.ts';
import type { ConnectionEnd, PortalEvent } from './events.ts';
import { LocalEnd } from './local-end.ts';
import {
  decodePortalMessage,
  DISCONNECT,
  encodePayload,
  nextCounter,
  PING,
  PONG,
  type PortalMessage,
} from './portal-message.ts';
import { PortalError } from './errors.ts';

/** Specification (`portal.md` §5): so long after our Disconnect, what the peer had sent before it is still swallowed. */
const LINGER_MS = 2_000;

/** Ours: so long after an inlet has given up, a Pong that comes after all is answered with a Disconnect. */
const LATE_PONG_MS = 120_000;

/** A wait for room that was this short shows that the peer takes what is sent, in milliseconds. */
const LIVELY_WAIT_MS = 5_000;

/** What a connection is made of. */
export interface ConnectionParts {
  readonly router: Router;
  readonly controls: PortalControls;
  /** The application's end; the connection owns it from here on. */
  readonly socket: Socket;
  /** To the outlet, or back to where the Ping came from. */
  readonly route: Route;
  /** Whose entry point may reach the connection: the first hop of the way to the outlet, or the true source of the Ping. */
  readonly entry: Address | undefined;
  readonly onEvent: (event: PortalEvent) => void;
  /** The peer has taken or sent something. */
  readonly onLife: () => void;
  /** The socket is gone. Called once. */
  readonly onOver: () => void;
}

/**
 * One TCP connection through a portal, at either end (`portal.md` §2–§5).
 *
 * `waiting` for the Pong (inlet only) → `open` → `over`. In `over` the socket may still be flushed, and what the peer sent
 * before it knew is swallowed.
 *
 * Deviation: the reference has four addresses for each connection, by which its halves talk to each other; here one worker
 * owns both halves. The peer sees one address in either case.
 */
export class PortalConnection {
  readonly address: Address;
  readonly #parts: ConnectionParts;
  readonly #worker: Worker;
  readonly #local: LocalEnd;
  readonly #returnRoute: Route;
  #state: 'waiting' | 'open' | 'over' = 'waiting';
  #route: Route;
  #peer: string | undefined;
  /** Counters of the next Payload in each direction. */
  #nextSent = 0;
  #nextReceived = 0;
  #sentBytes = 0;
  #receivedBytes = 0;
  /** The deadline of the current state. */
  #cancelTimer: Cancel | undefined;
  #lingering = false;
  /** The Ping was sent and the Pong not waited for. */
  #gaveUp = false;

  constructor(parts: ConnectionParts) {
    const { router, controls, route, entry } = parts;
    this.#parts = parts;
    this.address = randomAddress(router.random);
    this.#returnRoute = [this.address];
    this.#route = route;
    this.#worker = router.register({
      mailbox: {
        address: this.address,
        incoming: this.#observed(controls.incoming),
        outgoing: this.#observed((delivery) =>
          delivery.destination.key === this.#route[0]?.key ? controls.outgoing(delivery) : NOT_THE_WAY,
        ),
      },
      handle: (message) => this.#receive(message),
      onStop: () => this.#stopped(),
    });
    if (entry !== undefined) router.flows.admitReplies(this.address, entry);
    this.#local = new LocalEnd(parts.socket, router.clock, {
      onData: this.#sendData,
      onEnd: () => this.end({ reason: 'local-end' }),
      onError: (error) => this.end({ reason: 'local-error', detail: error.message }),
      onStalled: () => this.end({ reason: 'local-stalled', detail: 'the application has taken no data for too long' }),
      onClosed: () => this.#localClosed(),
    });
  }

  /** The first hop to the peer, which is gone when the way there is. */
  get firstHop(): Address | undefined {
    return this.#route[0];
  }

  /** Whether the Pong is still to come. */
  get waiting(): boolean {
    return this.#state === 'waiting';
  }

  /** Inlet: sends the Ping and waits for the Pong. */
  ask(timeoutMs: number): void {
    this.#cancelTimer = this.#parts.router.clock.schedule(timeoutMs, () =>
      this.end({ reason: 'unanswered', detail: `the outlet did not answer within ${timeoutMs} ms` }),
    );
    void this.#send(localMessage(this.#route, this.#returnRoute, PING));
  }

  /** Outlet: the target is connected; sends the Pong, before any data. */
  answer(peer: string | undefined): void {
    // The peer's first data may come before the send returns.
    this.#open(peer);
    void this.#send(localMessage(this.#route, this.#returnRoute, PONG));
    if (this.#state === 'open') this.#local.start();
  }

  #open(peer: string | undefined): void {
    this.#cancelTimer?.();
    this.#state = 'open';
    this.#peer = peer;
    this.#parts.onEvent({ kind: 'opened', connection: addressName(this.address), peer });
  }

  #receive(message: LocalMessage): Sent | void {
    this.#parts.onLife();
    const decoded = this.#decode(message);
    switch (decoded?.kind) {
      case 'payload':
        return this.#receiveData(message, decoded);
      case 'disconnect':
        return this.end({ reason: 'peer-end' });
      case 'pong':
        return this.#receivePong(message);
      case 'ping':
        return this.#refuseMessage('a Ping for an outlet came to a connection');
      case undefined:
        return undefined;
    }
  }

  #decode(message: LocalMessage): PortalMessage | undefined {
    try {
      if (message.onward.length === 1) return decodePortalMessage(message.payload);
      this.#refuseMessage('the message wants to go on from here');
    } catch (error) {
      if (!(error instanceof PortalError)) throw error;
      this.#refuseMessage(error.message);
    }
    return undefined;
  }

  #receivePong(message: LocalMessage): void {
    if (this.#state === 'waiting' && message.return.length > 0) {
      this.#route = message.return;
      this.#open(message.localInfo?.peerIdentifier);
      this.#local.start();
    } else if (this.#state === 'over' && this.#gaveUp) {
      // We gave up waiting; the outlet must not keep its target connected for nobody.
      this.#route = message.return;
      this.#goodbye();
      this.#worker.stop();
    } else this.#refuseMessage('a Pong came that nobody waits for');
  }

  #receiveData(message: LocalMessage, { data, counter }: Extract<PortalMessage, { kind: 'payload' }>): Sent | void {
    if (this.#state === 'over') return undefined;
    if (this.#state === 'waiting') return this.#refuseMessage('data came before the Pong');
    if (counter !== undefined) {
      if (counter !== this.#nextReceived) {
        const detail = `payload ${counter} came instead of ${this.#nextReceived}`;
        return this.end({ reason: 'message-lost', detail });
      }
      this.#nextReceived = nextCounter(counter);
    }
    if (data.length === 0) return undefined;
    this.#receivedBytes += data.length;
    return this.#local.write(data, isExclusive(message) ? () => releasePayload(message) : undefined);
  }

  readonly #sendData = (data: Uint8Array): Promise<void> | undefined => {
    if (this.#state !== 'open') return undefined;
    const payload = encodePayload(data, this.#nextSent);
    // What was read belongs to us; a part of a larger read does not have its memory for itself.
    if (data.byteLength === data.buffer.byteLength) markExclusive(payload);
    this.#nextSent = nextCounter(this.#nextSent);
    this.#sentBytes += data.length;
    return this.#send(partedMessage(this.#route, this.#returnRoute, payload));
  };

  /** Sends, or ends the connection: after a message that was not taken, the stream would have a hole. */
  #send(message: OutboundMessage): Promise<void> | undefined {
    const sent = this.#worker.mailbox.send(message);
    if (sent === undefined) return undefined;
    if (sent instanceof Promise) return this.#noteRoom(sent);
    const lost = sent.reason === 'unknown-destination';
    this.end({ reason: lost ? 'way-lost' : 'denied', detail: sent.detail });
    return undefined;
  }

  async #noteRoom(room: Promise<void>): Promise<void> {
    const { clock } = this.#parts.router;
    const startMs = clock.monotonicMs();
    await room;
    if (clock.monotonicMs() - startMs < LIVELY_WAIT_MS) this.#parts.onLife();
  }

  /**
   * Ends the connection, once: how the application learns of it, whether the peer does, and how long the worker stays
   * depend on who ended it.
   */
  end(end: ConnectionEnd): void {
    const before = this.#state;
    if (before === 'over') return;
    this.#state = 'over';
    this.#cancelTimer?.();
    const { reason } = end;
    const regular = reason === 'local-end' || (reason === 'peer-end' && before === 'open');
    if (regular) this.#local.finish();
    else this.#local.reset();
    this.#parts.onEvent({
      kind: 'closed',
      connection: addressName(this.address),
      peer: this.#peer,
      sentBytes: this.#sentBytes,
      receivedBytes: this.#receivedBytes,
      ...end,
    });
    if (reason === 'peer-end' || reason === 'way-lost') return this.#stopWhenClosed();
    if (before === 'open') {
      this.#goodbye();
      this.#linger(LINGER_MS);
    } else if (reason !== 'denied') {
      this.#gaveUp = true;
      this.#linger(LATE_PONG_MS);
    }
  }

  #goodbye(): void {
    void this.#worker.mailbox.send(localMessage(this.#route, this.#returnRoute, DISCONNECT));
  }

  #linger(ms: number): void {
    this.#lingering = true;
    this.#cancelTimer = this.#parts.router.clock.schedule(ms, () => {
      this.#lingering = false;
      this.#stopWhenClosed();
    });
  }

  #localClosed(): void {
    // The socket was destroyed by somebody else.
    this.end({ reason: 'local-error', detail: 'the socket was closed' });
    this.#stopWhenClosed();
    this.#parts.onOver();
  }

  #stopWhenClosed(): void {
    if (!this.#lingering && this.#local.closed) this.#worker.stop();
  }

  /** By `stopWhenClosed`, or because the router stops. */
  #stopped(): void {
    this.end({ reason: 'stopped' });
    this.#cancelTimer?.();
    this.#local.reset();
  }

  #observed(control: AccessControl): AccessControl {
    const { clock, limits } = this.#parts.router;
    return observed(control, {
      clock,
      maxWaitMs: limits.maxWaitMs,
      onDenied: (reason) => this.end({ reason: 'denied', detail: reason }),
    });
  }

  #refuseMessage(reason: string): void {
    this.#parts.onEvent({ kind: 'message-refused', connection: addressName(this.address), reason });
  }
}

const NOT_THE_WAY = denied('the next hop is not on the way to the other end of the portal');
