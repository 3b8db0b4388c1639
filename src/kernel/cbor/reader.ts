import { fromUtf8 } from '../bytes/index.ts';
import { CborCursor } from './cursor.ts';
import type { CborError } from './errors.ts';
import { CborInput, type CborKind, UNTIL_BREAK } from './input.ts';

const NULL = 0xf6;
const FALSE = 0xf4;
const TRUE = 0xf5;
const MAX_I64 = 0x7fff_ffff_ffff_ffffn;

/**
 * Reads CBOR item by item with exactly the leniency of the reference decoder (`encoding.md` §1.2):
 * long integers and indefinite arrays and maps are accepted, indefinite strings are not, bytes after the last item are ignored.
 *
 * Hostile input is bounded: nesting by 128, every length by the bytes that are there, text by strict UTF-8.
 * Byte strings are returned as views of the input, which the caller must not change while they are in use.
 *
 * A reader that threw is spent: its place is undefined. The one exception is `skip`, after which it stands where it stood.
 */
export class CborReader {
  readonly #input: CborInput;

  /** @param position offset of the first byte to read. */
  constructor(bytes: Uint8Array, position = 0) {
    this.#input = new CborInput(bytes, position);
  }

  /** Offset of the next unread byte. */
  get position(): number {
    return this.#input.position;
  }

  /** Whether every byte has been read. */
  get done(): boolean {
    return this.#input.position >= this.#input.bytes.length;
  }

  /** What the next item is, without consuming it. @throws {CborError} CBOR_TRUNCATED at the end of the input. */
  peek(): CborKind {
    return this.#input.kind();
  }

  /** An unsigned integer up to `max` (at most 2^53−1, the default). @throws {CborError} */
  uint(max: number = Number.MAX_SAFE_INTEGER): number {
    const value = this.#input.argument(0);
    if (typeof value === 'bigint' || value > max) throw this.#outOfRange(value, `above ${max}`);
    return value;
  }

  /** A signed integer within ±(2^53−1). @throws {CborError} */
  int(): number {
    if (this.#input.initial() < 0x20) return this.uint();
    const value = this.#input.argument(1);
    if (typeof value === 'bigint' || value === Number.MAX_SAFE_INTEGER) {
      throw this.#outOfRange(-1n - BigInt(value), `below ${Number.MIN_SAFE_INTEGER}`);
    }
    return -1 - value;
  }

  /** An unsigned integer of the full 64-bit range. @throws {CborError} */
  uint64(): bigint {
    return BigInt(this.#input.argument(0));
  }

  /** A signed integer of the 64-bit two's complement range. @throws {CborError} */
  int64(): bigint {
    const negative = this.#input.initial() >= 0x20;
    const argument = BigInt(this.#input.argument(negative ? 1 : 0));
    const value = negative ? -1n - argument : argument;
    if (argument > MAX_I64) throw this.#outOfRange(value, 'no signed 64-bit integer');
    return value;
  }

  /** A byte string, as a view of the input. @param exact required length. @throws {CborError} */
  bytes(exact?: number): Uint8Array {
    const length = this.#input.stringLength(2);
    if (exact !== undefined && length !== exact) {
      throw this.#input.error('CBOR_OUT_OF_RANGE', `a byte string of ${exact} bytes was expected, it has ${length}`);
    }
    const start = this.#input.position;
    this.#input.position = start + length;
    return this.#input.bytes.subarray(start, start + length);
  }

  /** A text string. @throws {CborError} */
  text(): string {
    const length = this.#input.stringLength(3);
    const start = this.#input.position;
    this.#input.position = start + length;
    try {
      return fromUtf8(this.#input.bytes.subarray(start, start + length));
    } catch (cause) {
      throw this.#input.error('CBOR_INVALID_UTF8', 'a text string is not valid UTF-8', { cause });
    }
  }

  /** @throws {CborError} */
  bool(): boolean {
    if (this.#input.take(TRUE)) return true;
    if (this.#input.take(FALSE)) return false;
    throw this.#input.unexpected('boolean');
  }

  /** A float of 16, 32 or 64 bits. @throws {CborError} */
  float(): number {
    const input = this.#input;
    const initial = input.initial();
    if (initial < 0xf9 || initial > 0xfb) throw input.unexpected('float');
    const size = 1 << (initial - 0xf8);
    input.need(1 + size);
    const at = input.position + 1;
    input.position = at + size;
    if (size === 8) return input.view.getFloat64(at);
    return size === 4 ? input.view.getFloat32(at) : input.view.getFloat16(at);
  }

  /** Consumes a null, if one is next. */
  takeNull(): boolean {
    return this.#input.take(NULL);
  }

  /** Opens an array of definite or indefinite length. @throws {CborError} */
  array(): CborCursor {
    return new CborCursor(this.#input, this.#input.open(4), 1);
  }

  /**
   * Opens an array that must be of definite length `exact`, as enums are (`encoding.md` §1.1).
   * @throws {CborError} CBOR_OUT_OF_RANGE for another length, definite or not.
   */
  definiteArray(exact: number): CborCursor {
    const length = this.#input.open(4);
    if (length !== exact) {
      const found = length === UNTIL_BREAK ? 'is of indefinite length' : `has ${length}`;
      throw this.#input.error('CBOR_OUT_OF_RANGE', `an array of ${exact} was expected, it ${found}`);
    }
    return new CborCursor(this.#input, exact, 1);
  }

  /** Opens a map; the cursor counts pairs, the caller reads key and value of each. @throws {CborError} */
  map(): CborCursor {
    return new CborCursor(this.#input, this.#input.open(5), 2);
  }

  /** All elements of an array, each read by `read`. @throws {CborError} CBOR_TOO_LONG above `maxItems`. */
  list<T>(read: () => T, maxItems: number): T[] {
    const items: T[] = [];
    const cursor = this.array();
    while (cursor.more()) {
      if (items.length === maxItems) {
        throw this.#input.error('CBOR_TOO_LONG', `an array has more than ${maxItems} items`);
      }
      items.push(read());
    }
    cursor.end();
    return items;
  }

  /** Skips one item with all that is in it; when that throws, the reader stands where it stood. @throws {CborError} */
  skip(): void {
    this.#input.skip();
  }

  #outOfRange(value: number | bigint, why: string): CborError {
    return this.#input.error('CBOR_OUT_OF_RANGE', `${value} is ${why}`);
  }
}
