/**
 * Who may join: each new link is a newcomer until its credential was checked and its offer accepted (`constellation.md` §3,
 * §4.1). What a newcomer may send is one OFFER; what it learns when it is refused is one generic BYE.
 */
import { type Cancel, type Clock, equal, toHex } from '../../kernel/index.ts';
import { Callers } from '../../compute/sandbox/index.ts';
import {
  BYE,
  decodeOffer,
  encodeBye,
  encodeFrame,
  encodeWelcome,
  type Frame,
  FRAME,
  frameName,
  type FrameType,
  type Offer,
  PROTOCOL_VERSION,
  unexpected,
} from '../protocol/index.ts';
import { checkPeer, type Link, type PeerRule, Session, watchPeer } from '../session/index.ts';
import type { GatewayEvent } from './events.ts';
import type { GatewayLimits } from './limits.ts';
import { SatSeat, type SeatOwner } from './sat-seat.ts';

/** Specification (`constellation.md` §4.4), in milliseconds. */
const HEARTBEAT_MS = 1000;
const DEAD_AFTER_MS = 2500;
/** Ours: how long a newcomer may take for its offer. */
const OFFER_TIMEOUT_MS = 10_000;
const MAX_OFFER_BYTES = 256 * 1024;
/** Ours: what a Sat may say of itself: it is shown on terminals and written to logs. */
const SHOWABLE = /^[^\p{Cc}\p{Cf}\u2028\u2029]{0,256}$/u;

/** What the door needs and whom it tells. */
export interface SatDoorOptions {
  readonly clock: Clock;
  readonly rule: PeerRule;
  readonly limits: GatewayLimits;
  readonly defer: (flush: () => void) => void;
  readonly owner: SeatOwner;
  readonly onJoined: (seat: SatSeat) => void;
  /** `unsent`: ids of calls of which nothing was handed to the link. */
  readonly onLeft: (seat: SatSeat, code: string, reason: string, unsent: ReadonlySet<number>) => void;
  /** A check renewed what is attested about a Sat. */
  readonly onAttributes: (seat: SatSeat) => void;
  readonly onEvent: ((event: GatewayEvent) => void) | undefined;
}

/** Takes links and makes seats of them. */
export class SatDoor {
  readonly #options: SatDoorOptions;
  readonly #newcomers = new Set<Newcomer>();
  readonly #seats = new Set<SatSeat>();
  /** Links of each member, newcomers and seats. */
  readonly #members: Callers;

  constructor(options: SatDoorOptions) {
    this.#options = options;
    this.#members = new Callers(options.limits.satsOfMember);
  }

  /** Sats that are there. */
  get seats(): ReadonlySet<SatSeat> {
    return this.#seats;
  }

  /** Takes a link whose peer has proved who it is, and nothing else. */
  accept(link: Link): void {
    const { onEvent } = this.#options;
    const { identifier } = link.peer;
    const reason = this.#full(identifier);
    if (reason !== undefined) {
      onEvent?.({ kind: 'sat-refused', peer: identifier, check: 'capacity', reason });
      link.open({ onMessage: () => undefined, onClose: () => undefined });
      void link.send([encodeFrame(FRAME.bye, 0, encodeBye(BYE.refused))]);
      link.close();
      return;
    }
    this.#members.enter(identifier);
    const newcomer = new Newcomer(link, this.#options, {
      onSeat: (seat) => {
        this.#newcomers.delete(newcomer);
        this.#replaceOlder(seat);
        this.#seats.add(seat);
        this.#options.onJoined(seat);
      },
      onGone: () => {
        this.#newcomers.delete(newcomer);
        this.#members.leave(identifier);
      },
      onLeft: (seat, code, reason, unsent) => {
        this.#members.leave(identifier);
        this.#seats.delete(seat);
        this.#options.onLeft(seat, code, reason, unsent);
      },
    });
    this.#newcomers.add(newcomer);
  }

  /** Ends every session; the Sats are told that we are done. */
  close(): void {
    for (const newcomer of this.#newcomers) newcomer.end();
    for (const seat of this.#seats) seat.session.end({ code: 'done', reason: 'the gateway was closed' }, BYE.done);
  }

  /** Why one more link of the member `identifier` is not taken, if it is not. */
  #full(identifier: string): string | undefined {
    const { newcomers, sats, satsOfMember } = this.#options.limits;
    if (!this.#members.hasRoom(identifier)) return `it has ${satsOfMember} links already`;
    if (this.#newcomers.size < newcomers && this.#seats.size < sats) return undefined;
    return `there are ${this.#seats.size} Sats and ${this.#newcomers.size} newcomers already`;
  }

  /** A Sat that came back before we noticed that it was gone. */
  #replaceOlder(seat: SatSeat): void {
    for (const older of this.#seats) {
      if (older.identifier !== seat.identifier || !equal(older.offer.instance, seat.offer.instance)) continue;
      older.session.end({ code: 'replaced', reason: 'the Sat has come back' }, BYE.replaced);
    }
  }
}

interface NewcomerOwner {
  readonly onSeat: (seat: SatSeat) => void;
  readonly onGone: () => void;
  readonly onLeft: (seat: SatSeat, code: string, reason: string, unsent: ReadonlySet<number>) => void;
}

/** A link until its offer is accepted, and the session that comes of it. */
class Newcomer {
  readonly #link: Link;
  readonly #options: SatDoorOptions;
  readonly #owner: NewcomerOwner;
  readonly #session: Session;
  #cancelTimeout: Cancel;
  #stopWatching: Cancel | undefined;
  #offer: Offer | undefined;
  #seat: SatSeat | undefined;

  constructor(link: Link, options: SatDoorOptions, owner: NewcomerOwner) {
    this.#link = link;
    this.#options = options;
    this.#owner = owner;
    const { clock, defer, limits } = options;
    this.#cancelTimeout = clock.schedule(OFFER_TIMEOUT_MS, () => this.#refuse('offer', 'no offer came in time'));
    this.#session = new Session({
      link,
      clock,
      defer,
      maxBodyBytes: (type, id) => this.#maxBodyBytes(type, id),
      maxOpenBytes: limits.openBytes,
      onFrame: (frame) => this.#handle(frame),
      onEnd: ({ code, reason }, unsent) => this.#ended(code, reason, unsent),
    });
    void this.#examine();
  }

  /** Before any offer: who is no Sat here must not take the place of one that is, by saying nothing. */
  async #examine(): Promise<void> {
    const { clock, rule } = this.#options;
    const verdict = await checkPeer(this.#link.peer, rule, clock);
    if (!verdict.allowed && this.#seat === undefined) this.#refuse(verdict.check, verdict.reason);
  }

  /** The gateway is being closed. */
  end(): void {
    this.#session.end({ code: 'done', reason: 'the gateway was closed' }, BYE.done);
  }

  #maxBodyBytes(type: FrameType, id: number): number {
    if (this.#seat !== undefined) return this.#seat.maxBodyBytes(type, id);
    return type === FRAME.offer ? MAX_OFFER_BYTES : 64;
  }

  #handle(frame: Frame): void {
    if (this.#seat !== undefined) {
      this.#seat.handle(frame);
      return;
    }
    if (frame.type !== FRAME.offer) throw unexpected(`a ${frameName(frame.type)} frame came before WELCOME`);
    if (this.#offer !== undefined) throw unexpected('OFFER came twice');
    this.#offer = decodeOffer(frame.body);
    void this.#judge(this.#offer);
  }

  async #judge(offer: Offer): Promise<void> {
    const { clock, rule } = this.#options;
    if (offer.version !== PROTOCOL_VERSION) {
      this.#refuse('offer', `it speaks version ${offer.version} of the protocol, not ${PROTOCOL_VERSION}`);
      return;
    }
    if (![offer.software, ...offer.labels.keys(), ...offer.labels.values()].every((text) => SHOWABLE.test(text))) {
      this.#refuse('offer', 'its software or one of its labels is too long or has characters that no line can show');
      return;
    }
    const verdict = await checkPeer(this.#link.peer, rule, clock);
    if (this.#session.over) return;
    if (verdict.allowed) this.#welcome(offer, verdict.attributes, verdict.recheckInMs);
    else this.#refuse(verdict.check, verdict.reason);
  }

  #welcome(offer: Offer, attributes: ReadonlyMap<string, string>, recheckInMs: number): void {
    const { clock, rule, owner, onAttributes } = this.#options;
    this.#cancelTimeout();
    const seat = new SatSeat(owner, this.#session, this.#link.peer.identifier, offer, attributes);
    this.#seat = seat;
    const heartbeat = { heartbeatMs: HEARTBEAT_MS, deadAfterMs: DEAD_AFTER_MS };
    this.#session.send(FRAME.welcome, 0, encodeWelcome({ version: PROTOCOL_VERSION, ...heartbeat }));
    this.#session.startHeartbeat({ pingMs: HEARTBEAT_MS, deadAfterMs: DEAD_AFTER_MS });
    this.#stopWatching = watchPeer(this.#link.peer, rule, clock, recheckInMs, {
      onAttributes: (renewed) => {
        seat.attributes = renewed;
        onAttributes(seat);
      },
      onRefused: ({ check, reason }) => this.#refuse(check, reason),
    });
    this.#options.onEvent?.({
      kind: 'sat-joined',
      sat: seat.identifier,
      instance: toHex(offer.instance),
      software: offer.software,
      concurrency: offer.concurrency,
      labels: offer.labels,
    });
    this.#owner.onSeat(seat);
  }

  #refuse(check: 'credential' | 'attribute' | 'policy' | 'offer', reason: string): void {
    if (this.#session.over) return;
    this.#options.onEvent?.({ kind: 'sat-refused', peer: this.#link.peer.identifier, check, reason });
    this.#session.end({ code: 'refused', reason: `${check}: ${reason}` }, BYE.refused);
  }

  #ended(code: string, reason: string, unsent: ReadonlySet<number>): void {
    this.#cancelTimeout();
    this.#stopWatching?.();
    if (this.#seat !== undefined) {
      this.#owner.onLeft(this.#seat, code, reason, unsent);
      return;
    }
    // What was refused has been told; anything else that ends a newcomer is worth a line as well.
    if (code !== 'refused' && code !== 'done') {
      const peer = this.#link.peer.identifier;
      this.#options.onEvent?.({ kind: 'sat-refused', peer, check: 'offer', reason: `${code}: ${reason}` });
    }
    this.#owner.onGone();
  }
}
