import { CborError } from './errors.ts';

const textEncoder = new TextEncoder();
const MAX_U64 = 0xffff_ffff_ffff_ffffn;

/**
 * Writes CBOR with definite lengths and shortest integers (RFC 8949 §4.1), item by item in the order of the calls.
 *
 * The caller is answerable for balance: `array(n)` is followed by exactly n items, `map(n)` by n keys and n values.
 */
export class CborWriter {
  #bytes: Uint8Array;
  #length = 0;

  /** @param capacity expected size in bytes; the writer grows beyond it when needed. */
  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
  }

  /** How many bytes have been written so far. */
  get length(): number {
    return this.#length;
  }

  /**
   * An unsigned integer, 0 … 2^64−1.
   * @throws {CborError} CBOR_OUT_OF_RANGE when negative, fractional, or a number above 2^53−1.
   */
  uint(value: number | bigint): this {
    return this.#head(0x00, value);
  }

  /**
   * A signed integer, −2^64 … 2^64−1.
   * @throws {CborError} CBOR_OUT_OF_RANGE
   */
  int(value: number | bigint): this {
    if (value >= 0) return this.#head(0x00, value);
    return this.#head(0x20, typeof value === 'bigint' ? -1n - value : -1 - value);
  }

  /** A byte string; `value` is copied. */
  bytes(value: Uint8Array): this {
    this.#head(0x40, value.length);
    return this.raw(value);
  }

  /** The head of a byte string whose `length` bytes the caller puts behind what this writer wrote, without a copy. */
  bytesHead(length: number): this {
    return this.#head(0x40, length);
  }

  /** A text string; lone surrogates become U+FFFD. */
  text(value: string): this {
    this.#reserve(9 + 3 * value.length);
    // The head is as long as the text is when it is ASCII; when it is not, the text may have to move.
    const start = this.#length;
    const guess = start + headSize(value.length);
    const { written } = textEncoder.encodeInto(value, this.#bytes.subarray(guess));
    const place = start + headSize(written);
    if (place !== guess) this.#bytes.copyWithin(place, guess, guess + written);
    this.#head(0x60, written);
    this.#length += written;
    return this;
  }

  /** The head of an array of `length` items. */
  array(length: number): this {
    return this.#head(0x80, length);
  }

  /** The head of a map of `length` pairs. */
  map(length: number): this {
    return this.#head(0xa0, length);
  }

  bool(value: boolean): this {
    return this.#byte(value ? 0xf5 : 0xf4);
  }

  null(): this {
    return this.#byte(0xf6);
  }

  /** A double-precision float, always in its 9-byte form. */
  float64(value: number): this {
    this.#reserve(9);
    this.#bytes[this.#length] = 0xfb;
    new DataView(this.#bytes.buffer).setFloat64(this.#length + 1, value);
    this.#length += 9;
    return this;
  }

  /** Bytes that are CBOR already, copied as they are. */
  raw(encoded: Uint8Array): this {
    this.#reserve(encoded.length);
    this.#bytes.set(encoded, this.#length);
    this.#length += encoded.length;
    return this;
  }

  /** All that was written: a view of the writer's memory, so the writer must not be used afterwards. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #byte(value: number): this {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
    return this;
  }

  #head(major: number, value: number | bigint): this {
    if (typeof value === 'bigint') return this.#wideHead(major, value);
    if (!Number.isSafeInteger(value) || value < 0) throw outOfRange(value);
    this.#reserve(9);
    const size = headSize(value);
    const bytes = this.#bytes;
    let at = this.#length;
    if (size === 1) {
      bytes[at++] = major | value;
    } else {
      bytes[at++] = major | (size === 2 ? 24 : size === 3 ? 25 : size === 5 ? 26 : 27);
      if (size === 9) at = this.#bigEndian(at, Math.floor(value / 0x1_0000_0000), 4);
      at = this.#bigEndian(at, value % 0x1_0000_0000, Math.min(size - 1, 4));
    }
    this.#length = at;
    return this;
  }

  #wideHead(major: number, value: bigint): this {
    if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return this.#head(major, Number(value));
    if (value > MAX_U64) throw outOfRange(value);
    this.#reserve(9);
    this.#bytes[this.#length] = major | 27;
    new DataView(this.#bytes.buffer).setBigUint64(this.#length + 1, value);
    this.#length += 9;
    return this;
  }

  /** Puts the low `size` bytes of the 32-bit `value` at `at`; the offset behind them. */
  #bigEndian(at: number, value: number, size: number): number {
    for (let i = 0; i < size; i++) this.#bytes[at + i] = value >>> (8 * (size - 1 - i));
    return at + size;
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}

/** Bytes of the shortest head with the argument `value`. */
function headSize(value: number): 1 | 2 | 3 | 5 | 9 {
  if (value < 24) return 1;
  if (value < 0x100) return 2;
  if (value < 0x1_0000) return 3;
  return value < 0x1_0000_0000 ? 5 : 9;
}

function outOfRange(value: number | bigint): CborError {
  return new CborError('CBOR_OUT_OF_RANGE', `${value} does not fit an unsigned 64-bit integer`);
}
