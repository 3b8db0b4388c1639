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
  #view: DataView;
  #length = 0;

  /** @param capacity expected size in bytes; the writer grows beyond it when needed. */
  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
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

  /** A text string. */
  text(value: string): this {
    const encoded = textEncoder.encode(value);
    this.#head(0x60, encoded.length);
    return this.raw(encoded);
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
    this.#view.setUint8(this.#length, 0xfb);
    this.#view.setFloat64(this.#length + 1, value);
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
    if (typeof value === 'bigint' ? value < 0n || value > MAX_U64 : !Number.isSafeInteger(value) || value < 0) {
      throw new CborError('CBOR_OUT_OF_RANGE', `${value} does not fit an unsigned 64-bit integer`);
    }
    this.#reserve(9);
    const at = this.#length;
    if (value < 24) {
      this.#bytes[at] = major | Number(value);
      this.#length = at + 1;
    } else if (value < 0x100) {
      this.#bytes[at] = major | 24;
      this.#bytes[at + 1] = Number(value);
      this.#length = at + 2;
    } else if (value < 0x1_0000) {
      this.#bytes[at] = major | 25;
      this.#view.setUint16(at + 1, Number(value));
      this.#length = at + 3;
    } else if (value < 0x1_0000_0000) {
      this.#bytes[at] = major | 26;
      this.#view.setUint32(at + 1, Number(value));
      this.#length = at + 5;
    } else {
      this.#bytes[at] = major | 27;
      this.#view.setBigUint64(at + 1, BigInt(value));
      this.#length = at + 9;
    }
    return this;
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}
