import { concatAll } from '../../kernel/index.ts';
import { malformed, ProtocolError, unexpected } from './errors.ts';
import {
  FLAG_ABANDONED,
  FLAG_MORE,
  FLAG_OPTIONAL,
  type Frame,
  type FrameType,
  frameName,
  HEADER_BYTES,
  isFrameType,
} from './frame.ts';

/** Ours: bodies in fragments that may be on their way at the same time. */
const MAX_OPEN_BODIES = 4096;
/** Ours: what a kept fragment costs beside its bytes, so that a flood of tiny ones is bounded too. */
const FRAGMENT_COST = 256;

/** What a receiver accepts and whom it tells. */
export interface FrameReceiverOptions {
  /** The longest body of a frame of `type`, in bytes, as of now; 0 for types that this side never receives. */
  readonly maxBodyBytes: (type: FrameType, id: number) => number;
  /** Bytes of bodies in fragments that may wait for their end, over all of them. */
  readonly maxOpenBytes: number;
  readonly onFrame: (frame: Frame) => void;
}

interface OpenBody {
  readonly fragments: Uint8Array[];
  bytes: number;
  cost: number;
}

/**
 * Takes channel messages apart into frames and joins fragments (`constellation.md` §2).
 *
 * After an error the receiver must not be used again: the peer breaks the protocol, the session ends.
 */
export class FrameReceiver {
  readonly #options: FrameReceiverOptions;
  readonly #open = new Map<string, OpenBody>();
  #openCost = 0;

  constructor(options: FrameReceiverOptions) {
    this.#options = options;
  }

  /**
   * Handles every frame of one message, in order. Bodies are views of `message` unless they came in fragments.
   * @throws {ProtocolError} CONSTELLATION_MALFORMED_FRAME, CONSTELLATION_UNKNOWN_FRAME, CONSTELLATION_FRAME_TOO_LARGE,
   * CONSTELLATION_TOO_MANY_FRAMES; and what `onFrame` throws.
   */
  push(message: Uint8Array): void {
    let at = 0;
    while (at < message.length) {
      if (message.length - at < HEADER_BYTES) throw malformed('a message ends inside the header of a frame');
      const type = message[at] as number;
      const flags = message[at + 1] as number;
      const id = readU32(message, at + 2);
      const length = readU32(message, at + 6);
      at += HEADER_BYTES;
      if (length > message.length - at) throw malformed(`a ${frameName(type)} frame of ${length} bytes is cut off`);
      const body = message.subarray(at, at + length);
      at += length;
      if (isFrameType(type)) this.#accept(type, flags, id, body);
      else if ((flags & FLAG_OPTIONAL) === 0) {
        throw new ProtocolError('CONSTELLATION_UNKNOWN_FRAME', `frames of type ${type} are not known`);
      }
    }
  }

  #accept(type: FrameType, flags: number, id: number, body: Uint8Array): void {
    const more = (flags & FLAG_MORE) !== 0;
    const abandoned = (flags & FLAG_ABANDONED) !== 0;
    // Whole frames, which most are, cost no look-up while no body is open.
    const key = this.#open.size === 0 && !more ? '' : `${type}:${id}`;
    const open = key === '' ? undefined : this.#open.get(key);
    if (abandoned) {
      if (open === undefined || more || body.length > 0) throw malformed(`a ${frameName(type)} frame abandons nothing`);
      this.#close(key);
      return;
    }
    const total = (open?.bytes ?? 0) + body.length;
    const most = this.#options.maxBodyBytes(type, id);
    if (most === 0 && total > 0) throw unexpected(`a ${frameName(type)} frame is not expected here (${id})`);
    if (total > most) {
      const message = `a ${frameName(type)} body of ${total} bytes or more is above the bound of ${most}`;
      throw new ProtocolError('CONSTELLATION_FRAME_TOO_LARGE', message);
    }
    if (!more && open === undefined) {
      this.#options.onFrame({ type, id, body });
      return;
    }
    if (more && body.length === 0) throw malformed(`a fragment of a ${frameName(type)} frame is empty`);
    if (more) this.#keep(key, open, body);
    else {
      this.#close(key);
      this.#options.onFrame({ type, id, body: concatAll([...(open?.fragments ?? []), body]) });
    }
  }

  #keep(key: string, open: OpenBody | undefined, body: Uint8Array): void {
    if (open === undefined && this.#open.size === MAX_OPEN_BODIES) {
      throw new ProtocolError('CONSTELLATION_TOO_MANY_FRAMES', `more than ${MAX_OPEN_BODIES} bodies are open at once`);
    }
    const cost = body.length + FRAGMENT_COST;
    this.#openCost += cost;
    if (this.#openCost > this.#options.maxOpenBytes) {
      const message = `open bodies hold more than ${this.#options.maxOpenBytes} bytes`;
      throw new ProtocolError('CONSTELLATION_FRAME_TOO_LARGE', message);
    }
    const kept = open ?? { fragments: [], bytes: 0, cost: 0 };
    // A copy: a small fragment must not keep the large message alive that it came in.
    kept.fragments.push(body.slice());
    kept.bytes += body.length;
    kept.cost += cost;
    this.#open.set(key, kept);
  }

  #close(key: string): void {
    this.#openCost -= this.#open.get(key)?.cost ?? 0;
    this.#open.delete(key);
  }
}

function readU32(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)) >>>
    0
  );
}
