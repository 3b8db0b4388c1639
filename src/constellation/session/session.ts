/**
 * One session over one link, the part that is the same at both ends: frames in and out, signs of life, one end.
 *
 * Whatever ends it, in this order: no frame is handled any more · what was not handed over is noted · the peer gets one
 * generic BYE if it can still be told · the link closes · the owner learns the reason.
 */
import { type Cancel, type Clock, CodedError } from '../../kernel/index.ts';
import {
  BYE,
  type ByeCode,
  decodeBye,
  encodeBye,
  encodeFrame,
  type Frame,
  FRAME,
  FrameReceiver,
  FrameSender,
  type FrameType,
  ProtocolError,
} from '../protocol/index.ts';
import type { Link } from './link.ts';

/** Why a session is over, for the local log. */
export interface SessionEnd {
  /** Stable: `closed`, `bye`, `silent`, `refused`, `replaced`, `done`, or the code of the error that ended it. */
  readonly code: string;
  readonly reason: string;
}

/** Ours: answers to frames that cost the peer nothing, since the link last took something; a peer that reads has far fewer. */
const MAX_REPLIES = 16_384;

/** What a session needs and whom it tells. */
export interface SessionOptions {
  readonly link: Link;
  readonly clock: Clock;
  /** See `FrameSenderOptions`. */
  readonly defer: (flush: () => void) => void;
  /** See `FrameReceiverOptions`. */
  readonly maxBodyBytes: (type: FrameType, id: number) => number;
  readonly maxOpenBytes: number;
  /** Every frame but BYE, PING and PONG; what it throws ends the session. */
  readonly onFrame: (frame: Frame) => void;
  /** Once. `unsentCalls`: ids of CALL frames of which nothing can have been started. */
  readonly onEnd: (end: SessionEnd, unsentCalls: ReadonlySet<number>) => void;
}

/** How often signs of life are sent and how long silence is suffered, in milliseconds. */
export interface Heartbeat {
  /** A ping goes out when nothing else has for so long. */
  readonly pingMs: number;
  readonly deadAfterMs: number;
}

/** Frames over a link, until the first thing that ends it. */
export class Session {
  readonly #options: SessionOptions;
  readonly #sender: FrameSender;
  readonly #receiver: FrameReceiver;
  #lastHeardMs: number;
  #lastSentMs: number;
  #pings = 0;
  #replies = 0;
  #pingedAtMs = 0;
  #roundTripMs: number | undefined;
  #cancelBeat: Cancel | undefined;
  #over = false;

  /** Opens the link. */
  constructor(options: SessionOptions) {
    this.#options = options;
    const { link, clock, defer } = options;
    this.#sender = new FrameSender({
      send: (parts) => {
        this.#lastSentMs = clock.monotonicMs();
        this.#replies = 0;
        return link.send(parts);
      },
      defer,
    });
    this.#receiver = new FrameReceiver({
      maxBodyBytes: options.maxBodyBytes,
      maxOpenBytes: options.maxOpenBytes,
      onFrame: (frame) => this.#take(frame),
    });
    this.#lastHeardMs = clock.monotonicMs();
    this.#lastSentMs = this.#lastHeardMs;
    link.open({
      onMessage: (message) => this.#receive(message),
      onClose: (reason) => this.end({ code: 'closed', reason }),
    });
  }

  /** Whether it has ended. */
  get over(): boolean {
    return this.#over;
  }

  /** Monotonic time of the last message of the peer. */
  get lastHeardMs(): number {
    return this.#lastHeardMs;
  }

  /** What the last answered ping took, queues included; undefined when none was needed so far. */
  get roundTripMs(): number | undefined {
    return this.#roundTripMs;
  }

  /** Bytes that the link has not taken yet. */
  get pendingBytes(): number {
    return this.#sender.pendingBytes;
  }

  /** Queues a frame; `body` is the session's from then on. */
  send(type: FrameType, id: number, body?: Uint8Array): void {
    this.#sender.push(type, id, body);
  }

  /**
   * As {@link Session.send}, in answer to a frame that the peer can send without end: one that asks and does not read is not served for ever.
   * @throws {ProtocolError} CONSTELLATION_TOO_MANY_FRAMES
   */
  reply(type: FrameType, id: number, body?: Uint8Array): void {
    if (++this.#replies > MAX_REPLIES) {
      throw new ProtocolError(
        'CONSTELLATION_TOO_MANY_FRAMES',
        `more than ${MAX_REPLIES} answers wait for the other side to read`,
      );
    }
    this.send(type, id, body);
  }

  /** See {@link FrameSender.drop}. */
  drop(type: FrameType, id: number): boolean {
    return this.#sender.drop(type, id);
  }

  /** Hands over now what waits for the end of the turn. */
  flush(): void {
    this.#sender.flush();
  }

  /** Sends signs of life and listens for the peer's from now on (`constellation.md` §4.4). */
  startHeartbeat(heartbeat: Heartbeat): void {
    const { clock } = this.#options;
    const tickMs = Math.max(1, Math.floor(heartbeat.deadAfterMs / 5));
    let dueMs = clock.monotonicMs() + tickMs;
    const tick = (): void => {
      const nowMs = clock.monotonicMs();
      // This process was held up: what the peer has sent in the meantime has not been read yet, so look once more.
      const heldUp = nowMs - dueMs > tickMs;
      if (nowMs - this.#lastHeardMs >= heartbeat.deadAfterMs && !heldUp) {
        this.end({ code: 'silent', reason: `nothing was heard for ${Math.round(nowMs - this.#lastHeardMs)} ms` });
        return;
      }
      if (nowMs - this.#lastSentMs >= heartbeat.pingMs) {
        this.#pings = (this.#pings + 1) >>> 0;
        this.#pingedAtMs = nowMs;
        this.send(FRAME.ping, this.#pings);
      }
      dueMs = nowMs + tickMs;
      this.#cancelBeat = clock.schedule(tickMs, tick);
    };
    this.#cancelBeat = clock.schedule(tickMs, tick);
  }

  /** Ends it for good; only the first call counts. With `bye` the peer is told that much, if it still listens. */
  end(end: SessionEnd, bye?: ByeCode): void {
    if (this.#over) return;
    this.#over = true;
    this.#cancelBeat?.();
    const unsentCalls = this.#sender.unsent(FRAME.call);
    this.#sender.close();
    const { link, onEnd } = this.#options;
    if (bye !== undefined) void link.send([encodeFrame(FRAME.bye, 0, encodeBye(bye))]);
    link.close();
    onEnd(end, unsentCalls);
  }

  #receive(message: Uint8Array): void {
    if (this.#over) return;
    this.#lastHeardMs = this.#options.clock.monotonicMs();
    try {
      this.#receiver.push(message);
    } catch (error) {
      const code = error instanceof CodedError ? error.code : 'CONSTELLATION_FRAME_FAILED';
      this.end({ code, reason: error instanceof Error ? error.message : String(error) }, BYE.protocol);
    }
  }

  #take(frame: Frame): void {
    if (this.#over) return;
    switch (frame.type) {
      case FRAME.ping:
        this.reply(FRAME.pong, frame.id);
        break;
      case FRAME.pong:
        if (frame.id === this.#pings) this.#roundTripMs = this.#lastHeardMs - this.#pingedAtMs;
        break;
      case FRAME.bye:
        this.end({ code: 'bye', reason: BYE_TEXTS[decodeBye(frame.body)] });
        break;
      default:
        this.#options.onFrame(frame);
    }
  }
}

const BYE_TEXTS: Readonly<Record<ByeCode, string>> = {
  [BYE.done]: 'the other side is done',
  [BYE.refused]: 'the other side refused',
  [BYE.protocol]: 'the other side could not follow the protocol',
  [BYE.replaced]: 'a newer session took the place of this one',
};
