import { type Address, recallAddress } from './address.ts';
import { MAX_ROUTE_BYTES, MAX_ROUTE_HOPS, type Route } from './route.ts';

/**
 * Reads CBOR of the one shape that every known encoder writes (definite lengths, shortest integers, nothing extra)
 * straight from its bytes, several times faster than a general reader. Whatever has another shape, or is no CBOR at all,
 * gives undefined; the caller then starts again with a `CborReader`, which alone decides what is an error.
 */
export class RouteScanner {
  readonly #bytes: Uint8Array;
  /** Offset of the next unread byte; meaningless after undefined was returned. */
  position: number;

  constructor(bytes: Uint8Array, position = 0) {
    this.#bytes = bytes;
    this.position = position;
  }

  /** The argument of the next head if it is of `major` (the head byte of an argument of zero, `0x80` for an array). */
  head(major: number): number | undefined {
    const bytes = this.#bytes;
    const low = (bytes[this.position] ?? 0x100) - major;
    if (low < 0) return undefined;
    if (low < 24) {
      this.position++;
      return low;
    }
    const size = low === 24 ? 1 : low === 25 ? 2 : low === 26 ? 4 : 0;
    if (size === 0 || bytes.length - this.position <= size) return undefined;
    let argument = 0;
    for (let i = 1; i <= size; i++) argument = argument * 256 + (bytes[this.position + i] as number);
    this.position += 1 + size;
    return argument;
  }

  /** A route. */
  route(): Route | undefined {
    const length = this.head(0x80);
    if (length === undefined || length > MAX_ROUTE_HOPS) return undefined;
    const hops: Address[] = [];
    let bytes = 0;
    for (let i = 0; i < length; i++) {
      if (this.head(0x80) !== 2) return undefined;
      const type = this.head(0x00);
      const size = this.head(0x40);
      if (type === undefined || type > 255 || size === undefined || size > MAX_SCANNED_BYTES) return undefined;
      const start = this.position;
      this.position = start + size;
      bytes += size;
      if (this.position > this.#bytes.length || bytes > MAX_ROUTE_BYTES) return undefined;
      hops.push(recallAddress(type, this.#bytes, start, this.position));
    }
    return hops;
  }

  /** A byte string, as a view. */
  bytes(): Uint8Array | undefined {
    const length = this.head(0x40);
    if (length === undefined || length > this.#bytes.length - this.position) return undefined;
    const start = this.position;
    this.position = start + length;
    return this.#bytes.subarray(start, this.position);
  }

  /** A short text of ASCII characters. */
  text(): string | undefined {
    const length = this.head(0x60);
    if (length === undefined || length > this.#bytes.length - this.position) return undefined;
    // Each character that is added to a text takes memory of its own: 16 MiB of them would take half a gigabyte, and more than a second.
    if (length > MAX_SCANNED_TEXT) return undefined;
    let text = '';
    for (let i = 0; i < length; i++) {
      const character = this.#bytes[this.position++] as number;
      if (character > 0x7f) return undefined;
      text += String.fromCharCode(character);
    }
    return text;
  }
}

/** Of the usual `traceparent` and `tracestate`; longer ones are the general reader's. */
const MAX_SCANNED_TEXT = 256;

/** Longer addresses are rare, and may be too long; the general reader deals with them. */
const MAX_SCANNED_BYTES = 64;
