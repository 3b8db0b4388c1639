import {
  encodeTransportHead,
  isExclusive,
  type OutboundMessage,
  payloadLength,
  transportHeadLength,
} from '../../routing/index.ts';
import { LENGTH_BYTES } from './frame-reader.ts';
import { MAX_MESSAGE_BYTES } from '../transport.ts';

/** Ours: small frames are gathered in slabs, so that many of them leave in one write; a busy connection gets larger ones. */
const MIN_SLAB_BYTES = 512;
const MAX_SLAB_BYTES = 32 * 1024;
/** Ours: a payload up to this size is copied next to its head; a larger one is written as it is. */
const COPY_BYTES = 4 * 1024;

const NO_SLAB = new Uint8Array(0);

/** What a writer has gathered. */
export interface Gathered {
  /** The pieces to write, in order. */
  readonly pieces: readonly Uint8Array[];
  /** The large ones among them that nothing else refers to: their memory can be given back once they are written. */
  readonly exclusive: readonly Uint8Array[];
}

/** Gathers frames as few pieces to write (`tcp-transport.md` §1, §2). Large payloads are not copied. */
export class FrameWriter {
  #slab: Uint8Array = NO_SLAB;
  /** Start and end of what is in the slab and not yet among the pieces. */
  #start = 0;
  #end = 0;
  #pieces: Uint8Array[] = [];
  #exclusive: Uint8Array[] = [];
  #bytes = 0;
  #slabBytes = MIN_SLAB_BYTES;

  /** Bytes gathered since the last `take`. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Adds bytes that are no frame: the version at the start of the stream. */
  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#copy(bytes);
  }

  /**
   * Adds the frame of `message`.
   * @returns false, with nothing added, when it would be longer than 16 MiB.
   */
  frame(message: OutboundMessage): boolean {
    const payloadBytes = payloadLength(message);
    const headBytes = transportHeadLength(message, payloadBytes);
    const length = headBytes + payloadBytes;
    if (length > MAX_MESSAGE_BYTES) return false;
    const copied = payloadBytes <= COPY_BYTES;
    this.#reserve(LENGTH_BYTES + (copied ? length : headBytes));
    const at = this.#end;
    const slab = this.#slab;
    slab[at] = length >>> 24;
    slab[at + 1] = length >>> 16;
    slab[at + 2] = length >>> 8;
    slab[at + 3] = length;
    encodeTransportHead(message, payloadBytes, slab, at + LENGTH_BYTES);
    this.#end = at + LENGTH_BYTES + headBytes;
    this.#bytes += LENGTH_BYTES + headBytes;
    const { payload } = message;
    if (payload instanceof Uint8Array) {
      this.#payload(payload, copied);
      return true;
    }
    const exclusive = !copied && isExclusive(payload);
    for (const part of payload) {
      this.#payload(part, copied);
      if (exclusive && part.length > COPY_BYTES) this.#exclusive.push(part);
    }
    return true;
  }

  /** What has been gathered; the writer starts anew. */
  take(): Gathered {
    this.#cut();
    const gathered = { pieces: this.#pieces, exclusive: this.#exclusive };
    // An idle connection keeps no slab; the next one is as large as this turn would have needed.
    this.#slabBytes = Math.min(MAX_SLAB_BYTES, Math.max(MIN_SLAB_BYTES, this.#bytes));
    this.#slab = NO_SLAB;
    this.#start = 0;
    this.#end = 0;
    this.#pieces = [];
    this.#exclusive = [];
    this.#bytes = 0;
    return gathered;
  }

  #payload(part: Uint8Array, copied: boolean): void {
    if (copied) {
      this.#copy(part);
      return;
    }
    this.#cut();
    this.#pieces.push(part);
    this.#bytes += part.length;
  }

  #copy(bytes: Uint8Array): void {
    this.#slab.set(bytes, this.#end);
    this.#end += bytes.length;
    this.#bytes += bytes.length;
  }

  /** Makes room for `more` bytes in one piece. What was cut from a slab may still be on its way, so slabs are never reused. */
  #reserve(more: number): void {
    if (this.#slab.length - this.#end >= more) return;
    this.#cut();
    // Not zeroed: only bytes that were written are ever cut from it.
    this.#slab = Buffer.allocUnsafe(Math.max(this.#slabBytes, more));
    this.#slabBytes = Math.min(MAX_SLAB_BYTES, 2 * this.#slabBytes);
    this.#start = 0;
    this.#end = 0;
  }

  #cut(): void {
    if (this.#end === this.#start) return;
    this.#pieces.push(this.#slab.subarray(this.#start, this.#end));
    this.#start = this.#end;
  }
}
