import { BareError } from './errors.ts';

const textEncoder = new TextEncoder();
/** Ours: units of a text that is written in a loop; its length takes one byte. */
const SHORT_TEXT = 48;
const MAX_U64 = 0xffff_ffff_ffff_ffffn;

/** Writes BARE values (`encoding.md` §2.1): lengths and variants as ULEB128, fixed integers little-endian. */
export class BareWriter {
  #bytes: Uint8Array;
  #length = 0;

  /** @param capacity expected size in bytes; the writer grows beyond it when needed. */
  constructor(capacity = 128) {
    this.#bytes = new Uint8Array(capacity);
  }

  /** A ULEB128 number, 0 … 2^64−1. @throws {BareError} BARE_OUT_OF_RANGE also for a number above 2^53−1. */
  uint(value: number | bigint): this {
    let rest = typeof value === 'bigint' ? this.#uintAbove32Bits(value) : within(value, Number.MAX_SAFE_INTEGER);
    this.#reserve(10);
    while (rest > 0x7f) {
      this.#bytes[this.#length++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#length++] = rest;
    return this;
  }

  /** @throws {BareError} BARE_OUT_OF_RANGE */
  u8(value: number): this {
    return this.#fixed(within(value, 0xff), 1);
  }

  /** @throws {BareError} BARE_OUT_OF_RANGE */
  u16(value: number): this {
    return this.#fixed(within(value, 0xffff), 2);
  }

  /** @throws {BareError} BARE_OUT_OF_RANGE */
  u32(value: number): this {
    return this.#fixed(within(value, 0xffff_ffff), 4);
  }

  /** @throws {BareError} BARE_OUT_OF_RANGE */
  u64(value: bigint): this {
    within64(value);
    return this.#fixed(Number(value & 0xffff_ffffn), 4).#fixed(Number(value >> 32n), 4);
  }

  bool(value: boolean): this {
    return this.u8(value ? 1 : 0);
  }

  /** Length and bytes; `value` is copied. */
  data(value: Uint8Array): this {
    return this.uint(value.length).raw(value);
  }

  /** Length and UTF-8 bytes; lone surrogates become U+FFFD. */
  string(value: string): this {
    this.#reserve(10 + 3 * value.length);
    if (value.length <= SHORT_TEXT && this.#shortAscii(value)) return this;
    // The length is as long as that of the text when it is ASCII; when it is not, the text may have to move.
    const start = this.#length;
    const guess = start + uintSize(value.length);
    const { written } = textEncoder.encodeInto(value, this.#bytes.subarray(guess));
    const place = start + uintSize(written);
    if (place !== guess) this.#bytes.copyWithin(place, guess, guess + written);
    this.uint(written);
    this.#length += written;
    return this;
  }

  /** Bytes as they are, copied. */
  raw(value: Uint8Array): this {
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
    return this;
  }

  /** All that was written: a view of the writer's memory, so the writer must not be used afterwards. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Writes a short text if it is ASCII: a loop takes less time than a call of the encoder. */
  #shortAscii(value: string): boolean {
    const start = this.#length + 1;
    for (let i = 0; i < value.length; i++) {
      const unit = value.charCodeAt(i);
      if (unit > 0x7f) return false;
      this.#bytes[start + i] = unit;
    }
    this.#bytes[this.#length] = value.length;
    this.#length = start + value.length;
    return true;
  }

  /** Writes groups of 7 bits until a number can carry the rest, which is returned. */
  #uintAbove32Bits(value: bigint): number {
    within64(value);
    this.#reserve(10);
    let rest = value;
    while (rest > 0xffff_ffffn) {
      this.#bytes[this.#length++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    return Number(rest);
  }

  #fixed(value: number, size: number): this {
    this.#reserve(size);
    for (let i = 0; i < size; i++) this.#bytes[this.#length++] = value >>> (8 * i);
    return this;
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}

/** Bytes of a BARE string. */
export function encodeBareString(text: string): Uint8Array {
  return new BareWriter(3 * text.length + 10).string(text).finish();
}

/** Bytes of a BARE data value. */
export function encodeBareData(value: Uint8Array): Uint8Array {
  return new BareWriter(value.length + 10).data(value).finish();
}

function uintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 128)) size++;
  return size;
}

function within(value: number, max: number): number {
  if (Number.isSafeInteger(value) && value >= 0 && value <= max) return value;
  throw new BareError('BARE_OUT_OF_RANGE', `${value} is no whole number of 0 … ${max}`);
}

function within64(value: bigint): void {
  if (value >= 0n && value <= MAX_U64) return;
  throw new BareError('BARE_OUT_OF_RANGE', `${value} does not fit an unsigned 64-bit integer`);
}
