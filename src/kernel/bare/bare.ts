import { CodedError } from '../errors.ts';

/** Why bytes are not the BARE value that was asked for. */
export class BareError extends CodedError<'BARE_TRUNCATED' | 'BARE_OUT_OF_RANGE' | 'BARE_INVALID_UTF8'> {}

const textEncoder = new TextEncoder();
const textDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const MAX_U64 = 0xffff_ffff_ffff_ffffn;

/** Writes BARE values (`routing.md` §1.2): lengths and variants as ULEB128, fixed integers little-endian. */
export class BareWriter {
  #bytes: Uint8Array;
  #length = 0;

  constructor(capacity = 128) {
    this.#bytes = new Uint8Array(capacity);
  }

  /** @throws {BareError} BARE_OUT_OF_RANGE when not in 0 … 2^64−1. */
  uint(value: number | bigint): this {
    if (typeof value === 'bigint' ? value < 0n || value > MAX_U64 : !Number.isSafeInteger(value) || value < 0) {
      throw new BareError('BARE_OUT_OF_RANGE', `${value} does not fit an unsigned 64-bit integer`);
    }
    this.#reserve(10);
    let rest = BigInt(value);
    while (rest > 0x7fn) {
      this.#bytes[this.#length++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.#bytes[this.#length++] = Number(rest);
    return this;
  }

  u8(value: number): this {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
    return this;
  }

  u16(value: number): this {
    return this.#fixed(BigInt(value), 2);
  }

  u32(value: number): this {
    return this.#fixed(BigInt(value), 4);
  }

  u64(value: bigint): this {
    return this.#fixed(value, 8);
  }

  bool(value: boolean): this {
    return this.u8(value ? 1 : 0);
  }

  /** Length and bytes; `value` is copied. */
  data(value: Uint8Array): this {
    return this.uint(value.length).raw(value);
  }

  string(value: string): this {
    return this.data(textEncoder.encode(value));
  }

  /** Bytes as they are. */
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

  #fixed(value: bigint, size: number): this {
    this.#reserve(size);
    let rest = value;
    for (let i = 0; i < size; i++) {
      this.#bytes[this.#length++] = Number(rest & 0xffn);
      rest >>= 8n;
    }
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

/** Reads BARE values; bytes after the value are ignored (`routing.md` §1.2). Views of the input are returned, not copies. */
export class BareReader {
  readonly #bytes: Uint8Array;
  #position: number;

  constructor(bytes: Uint8Array, position = 0) {
    this.#bytes = bytes;
    this.#position = position;
  }

  get position(): number {
    return this.#position;
  }

  /** How many bytes are left. */
  get remaining(): number {
    return this.#bytes.length - this.#position;
  }

  /** A ULEB128 number up to `max`, at most 2^53−1. @throws {BareError} */
  uint(max: number = Number.MAX_SAFE_INTEGER): number {
    const value = this.uint64();
    if (value > max) throw new BareError('BARE_OUT_OF_RANGE', `${value} is above ${max}`);
    return Number(value);
  }

  /** A ULEB128 number; at most ten bytes, the tenth must be 01. @throws {BareError} */
  uint64(): bigint {
    let value = 0n;
    for (let i = 0; i < 10; i++) {
      const byte = this.u8();
      if (i === 9 && byte !== 1) throw new BareError('BARE_OUT_OF_RANGE', 'a number is longer than 64 bits');
      value |= BigInt(byte & 0x7f) << BigInt(7 * i);
      if (byte < 0x80) return value;
    }
    throw new BareError('BARE_OUT_OF_RANGE', 'a number is longer than ten bytes');
  }

  u8(): number {
    this.#need(1);
    return this.#bytes[this.#position++] as number;
  }

  u16(): number {
    return Number(this.#fixed(2));
  }

  u32(): number {
    return Number(this.#fixed(4));
  }

  u64(): bigint {
    return this.#fixed(8);
  }

  /** @throws {BareError} BARE_OUT_OF_RANGE for a byte other than 00 and 01. */
  bool(): boolean {
    const byte = this.u8();
    if (byte > 1) throw new BareError('BARE_OUT_OF_RANGE', `${byte} is no boolean`);
    return byte === 1;
  }

  /** Length-prefixed bytes, as a view of the input. */
  data(): Uint8Array {
    return this.raw(this.uint(this.#bytes.length));
  }

  string(): string {
    const bytes = this.data();
    try {
      return textDecoder.decode(bytes);
    } catch (cause) {
      throw new BareError('BARE_INVALID_UTF8', 'a string is not valid UTF-8', { cause });
    }
  }

  /** `length` bytes as they are, as a view of the input. */
  raw(length: number): Uint8Array {
    this.#need(length);
    const start = this.#position;
    this.#position = start + length;
    return this.#bytes.subarray(start, start + length);
  }

  #fixed(size: number): bigint {
    this.#need(size);
    let value = 0n;
    for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.#bytes[this.#position + i] as number);
    this.#position += size;
    return value;
  }

  #need(size: number): void {
    if (this.remaining < size) throw new BareError('BARE_TRUNCATED', `the input ends at byte ${this.#bytes.length}`);
  }
}

/** Bytes of a BARE string. */
export function encodeBareString(text: string): Uint8Array {
  return new BareWriter(text.length + 10).string(text).finish();
}

/** @throws {BareError} */
export function decodeBareString(bytes: Uint8Array): string {
  return new BareReader(bytes).string();
}

/** Bytes of a BARE data value. */
export function encodeBareData(value: Uint8Array): Uint8Array {
  return new BareWriter(value.length + 10).data(value).finish();
}

/** The content of a BARE data value, as a view of `bytes`. @throws {BareError} */
export function decodeBareData(bytes: Uint8Array): Uint8Array {
  return new BareReader(bytes).data();
}
