import { fromUtf8 } from '../bytes/index.ts';
import { BareError } from './errors.ts';

/** 7 bytes of ULEB128 carry 49 bits, the most whose sum a number holds exactly without a check. */
const EXACT_GROUPS = 7;

/**
 * Reads BARE values; bytes after the value are ignored (`encoding.md` §2.1). Views of the input are returned, not copies.
 *
 * Hostile input is bounded: a length is compared with the bytes that are there before anything is made from it.
 * A reader that threw is spent: its place is undefined.
 */
export class BareReader {
  readonly #bytes: Uint8Array;
  #position: number;

  /** @param position offset of the first byte to read. */
  constructor(bytes: Uint8Array, position = 0) {
    this.#bytes = bytes;
    this.#position = position;
  }

  /** Offset of the next unread byte. */
  get position(): number {
    return this.#position;
  }

  /** How many bytes are left. */
  get remaining(): number {
    return this.#bytes.length - this.#position;
  }

  /** A ULEB128 number up to `max`, at most 2^53−1. @throws {BareError} */
  uint(max: number = Number.MAX_SAFE_INTEGER): number {
    const start = this.#position;
    let value = 0;
    let weight = 1;
    for (let i = 0; i < EXACT_GROUPS; i++) {
      const byte = this.u8();
      value += (byte & 0x7f) * weight;
      if (byte < 0x80) return upTo(max, value);
      weight *= 128;
    }
    this.#position = start;
    return Number(upTo(Math.min(max, Number.MAX_SAFE_INTEGER), this.uint64()));
  }

  /** A ULEB128 number; at most ten bytes, the tenth must be 01. @throws {BareError} */
  uint64(): bigint {
    let value = 0n;
    for (let i = 0; i < 9; i++) {
      const byte = this.u8();
      value |= BigInt(byte & 0x7f) << BigInt(7 * i);
      if (byte < 0x80) return value;
    }
    if (this.u8() !== 1) throw new BareError('BARE_OUT_OF_RANGE', 'a number is longer than 64 bits');
    return value | (1n << 63n);
  }

  /** @throws {BareError} BARE_TRUNCATED */
  u8(): number {
    this.#need(1);
    return this.#bytes[this.#position++] as number;
  }

  /** @throws {BareError} BARE_TRUNCATED */
  u16(): number {
    this.#need(2);
    return this.u8() + this.u8() * 0x100;
  }

  /** @throws {BareError} BARE_TRUNCATED */
  u32(): number {
    this.#need(4);
    return this.u16() + this.u16() * 0x1_0000;
  }

  /** @throws {BareError} BARE_TRUNCATED */
  u64(): bigint {
    this.#need(8);
    const low = BigInt(this.u32());
    return low | (BigInt(this.u32()) << 32n);
  }

  /** @throws {BareError} BARE_OUT_OF_RANGE for a byte other than 00 and 01. */
  bool(): boolean {
    const byte = this.u8();
    if (byte > 1) throw new BareError('BARE_OUT_OF_RANGE', `${byte} is no boolean`);
    return byte === 1;
  }

  /** Length-prefixed bytes, as a view of the input. @throws {BareError} */
  data(): Uint8Array {
    return this.raw(this.uint());
  }

  /** A length-prefixed text. @throws {BareError} BARE_INVALID_UTF8 */
  string(): string {
    const bytes = this.data();
    try {
      return fromUtf8(bytes);
    } catch (cause) {
      throw new BareError('BARE_INVALID_UTF8', 'a string is not valid UTF-8', { cause });
    }
  }

  /** `length` (≥ 0) bytes as they are, as a view of the input. @throws {BareError} BARE_TRUNCATED */
  raw(length: number): Uint8Array {
    this.#need(length);
    const start = this.#position;
    this.#position = start + length;
    return this.#bytes.subarray(start, start + length);
  }

  #need(size: number): void {
    if (this.remaining >= size) return;
    throw new BareError(
      'BARE_TRUNCATED',
      `${size} bytes are needed at byte ${this.#position}, ${this.remaining} follow`,
    );
  }
}

/** @throws {BareError} */
export function decodeBareString(bytes: Uint8Array): string {
  return new BareReader(bytes).string();
}

/** The content of a BARE data value, as a view of `bytes`. @throws {BareError} */
export function decodeBareData(bytes: Uint8Array): Uint8Array {
  return new BareReader(bytes).data();
}

function upTo<N extends number | bigint>(max: number, value: N): N {
  if (value > max) throw new BareError('BARE_OUT_OF_RANGE', `${value} is above ${max}`);
  return value;
}
