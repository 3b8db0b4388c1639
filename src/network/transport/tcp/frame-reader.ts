import { releaseMemory } from '../../routing/index.ts';
import { TransportError } from '../errors.ts';
import { MAX_MESSAGE_BYTES } from '../transport.ts';

/** Specification (`tcp-transport.md` §1, §3). */
export const PROTOCOL_VERSION = 1;
export const LENGTH_BYTES = 4;

/** Ours: so much is set aside for a frame that spans chunks; more only as its bytes arrive. */
const FIRST_ALLOCATION = 64 * 1024;
/** Ours: a frame of this size or more is copied out of its chunk, whose memory can then be given back at once. */
const OWN_MEMORY_BYTES = 16 * 1024;

/**
 * Cuts a byte stream into frames (`tcp-transport.md` §1): `feed` a chunk, then call `next` until it has no more.
 *
 * A small frame that lies in one chunk is returned as a view of it, a large one has memory of its own. Memory is bounded by what has arrived, never by what a
 * length announces.
 */
export class FrameReader {
  #chunk: Uint8Array = EMPTY_CHUNK;
  #at = 0;
  #versionSeen = false;
  /** Bytes of a length that is split over chunks. */
  #length = 0;
  #lengthBytes = 0;
  /** A frame that is split over chunks. */
  #frame: Uint8Array | undefined;
  #frameBytes = 0;
  /** Whether a frame that was returned is a view of the chunk. */
  #viewed = false;
  #exclusive = false;

  /** Whether the peer's version byte has arrived. */
  get versionSeen(): boolean {
    return this.#versionSeen;
  }

  /** Bytes of a frame of which more is to come. */
  get unfinishedBytes(): number {
    return this.#frameBytes;
  }

  /** Whether nothing but the large frame that `next` returned last refers to its memory. */
  get exclusive(): boolean {
    return this.#exclusive;
  }

  /**
   * Takes the next bytes of the stream, and owns them from here on: memory of which `chunk` is all is given back as soon as no
   * frame is a view of it. Only after `next` returned undefined.
   */
  feed(chunk: Uint8Array): void {
    this.#chunk = chunk;
    this.#at = 0;
  }

  /**
   * The next complete frame, undefined when more bytes are needed.
   * @throws {TransportError} TRANSPORT_WRONG_VERSION, TRANSPORT_FRAME_TOO_LARGE; nothing can be read afterwards.
   */
  next(): Uint8Array | undefined {
    if (!this.#versionSeen && !this.#readVersion()) return undefined;
    if (!this.#readLength()) return this.#release();
    if (this.#length > MAX_MESSAGE_BYTES) {
      throw new TransportError('TRANSPORT_FRAME_TOO_LARGE', `a frame of ${this.#length} bytes is announced`);
    }
    if (this.#frame === undefined) {
      const end = this.#at + this.#length;
      if (end <= this.#chunk.length && this.#length < OWN_MEMORY_BYTES) {
        const frame = this.#chunk.subarray(this.#at, end);
        this.#at = end;
        this.#viewed = true;
        this.#exclusive = false;
        this.#reset();
        return frame;
      }
      // Not zeroed: only bytes that have arrived are ever returned.
      this.#frame = Buffer.allocUnsafeSlow(Math.min(this.#length, FIRST_ALLOCATION));
    }
    return this.#assemble(this.#frame);
  }

  #readLength(): boolean {
    const chunk = this.#chunk;
    while (this.#lengthBytes < LENGTH_BYTES) {
      const byte = chunk[this.#at];
      if (byte === undefined) return false;
      this.#at++;
      this.#length = this.#length * 256 + byte;
      this.#lengthBytes++;
    }
    return true;
  }

  #readVersion(): boolean {
    const byte = this.#chunk[this.#at];
    if (byte === undefined) return false;
    if (byte !== PROTOCOL_VERSION) {
      throw new TransportError(
        'TRANSPORT_WRONG_VERSION',
        `protocol version ${PROTOCOL_VERSION} was expected, not ${byte}`,
      );
    }
    this.#at++;
    this.#versionSeen = true;
    return true;
  }

  #assemble(frame: Uint8Array): Uint8Array | undefined {
    const part = this.#chunk.subarray(this.#at, this.#at + this.#length - this.#frameBytes);
    const arrived = this.#frameBytes + part.length;
    let target = frame;
    if (arrived > frame.length) {
      target = Buffer.allocUnsafeSlow(Math.min(this.#length, Math.max(arrived, 2 * frame.length)));
      target.set(frame.subarray(0, this.#frameBytes));
      this.#frame = target;
    }
    target.set(part, this.#frameBytes);
    this.#frameBytes = arrived;
    this.#at += part.length;
    if (arrived < this.#length) return this.#release();
    const whole = new Uint8Array(target.buffer, 0, arrived);
    this.#exclusive = arrived >= OWN_MEMORY_BYTES;
    this.#reset();
    return whole;
  }

  #reset(): void {
    this.#length = 0;
    this.#lengthBytes = 0;
    this.#frame = undefined;
    this.#frameBytes = 0;
  }

  /** The chunk is used up: it must not be kept alive by an idle connection. */
  #release(): undefined {
    const chunk = this.#chunk;
    this.#chunk = EMPTY_CHUNK;
    this.#at = 0;
    if (!this.#viewed && chunk.length >= OWN_MEMORY_BYTES) releaseMemory(chunk);
    this.#viewed = false;
    return undefined;
  }
}

const EMPTY_CHUNK = new Uint8Array(0);
