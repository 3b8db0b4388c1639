import { quoted } from '../errors.ts';
import { CborError } from './errors.ts';

/** Specification constants (RFC 8949 §3). */
const MAJOR = [
  'unsigned integer',
  'negative integer',
  'byte string',
  'text string',
  'array',
  'map',
  'tag',
  'simple value',
] as const;
const INDEFINITE = 31;
const BREAK = 0xff;

/** Ours: deeper nesting than any structure of the protocols has. */
const MAX_DEPTH = 64;

const textDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** What the next item is, without consuming it. */
export type CborKind =
  | 'uint'
  | 'negint'
  | 'bytes'
  | 'text'
  | 'array'
  | 'map'
  | 'tag'
  | 'bool'
  | 'null'
  | 'undefined'
  | 'float'
  | 'simple'
  | 'break';

/** The elements of one open array or the pairs of one open map, in order. */
export interface CborCursor {
  /** Whether another element (in a map: a key) follows. */
  readonly more: () => boolean;
  /** Reads the element named `name` by `read`; @throws {CborError} CBOR_MISSING_FIELD when there is none or it is null. */
  readonly required: <T>(name: string, read: () => T) => T;
  /** Reads the next element by `read`; undefined when there is none or it is null. */
  readonly optional: <T>(read: () => T) => T | undefined;
  /** Skips what is left and closes the array or map; must be called once, last. */
  readonly end: () => void;
}

/**
 * Reads CBOR item by item with exactly the leniency of the reference decoder (`identity.md` §2, `routing.md` §1.1):
 * long integers and indefinite arrays and maps are accepted, indefinite strings are not, bytes after the last item are ignored.
 *
 * Hostile input is bounded: nesting by 64, every length by the bytes that are there, text by strict UTF-8.
 * Byte strings are returned as views of the input, which the caller must not change while they are in use.
 */
export class CborReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #position: number;
  #depth = 0;

  constructor(bytes: Uint8Array, position = 0) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#position = position;
  }

  /** Offset of the next unread byte. */
  get position(): number {
    return this.#position;
  }

  /** Whether every byte has been read. */
  get done(): boolean {
    return this.#position >= this.#bytes.length;
  }

  /** @throws {CborError} CBOR_TRUNCATED at the end of the input. */
  peek(): CborKind {
    const initial = this.#initial();
    const low = initial & 31;
    switch (initial >> 5) {
      case 0:
        return 'uint';
      case 1:
        return 'negint';
      case 2:
        return 'bytes';
      case 3:
        return 'text';
      case 4:
        return 'array';
      case 5:
        return 'map';
      case 6:
        return 'tag';
      default:
        if (low === 20 || low === 21) return 'bool';
        if (low === 22) return 'null';
        if (low === 23) return 'undefined';
        if (low >= 25 && low <= 27) return 'float';
        return low === INDEFINITE ? 'break' : 'simple';
    }
  }

  /** An unsigned integer up to `max` (at most 2^53−1, the default). @throws {CborError} */
  uint(max: number = Number.MAX_SAFE_INTEGER): number {
    const value = this.#argument(0);
    if (value > max) throw this.#error('CBOR_OUT_OF_RANGE', `${value} is above ${max}`);
    return Number(value);
  }

  /** An unsigned integer of the full 64-bit range. @throws {CborError} */
  uint64(): bigint {
    return BigInt(this.#argument(0));
  }

  /** A signed integer of the 64-bit two's complement range. @throws {CborError} */
  int64(): bigint {
    if (this.peek() === 'uint') {
      const value = this.uint64();
      if (value > 0x7fff_ffff_ffff_ffffn)
        throw this.#error('CBOR_OUT_OF_RANGE', `${value} does not fit 64 signed bits`);
      return value;
    }
    const value = -1n - BigInt(this.#argument(1));
    if (value < -0x8000_0000_0000_0000n) throw this.#error('CBOR_OUT_OF_RANGE', `${value} does not fit 64 signed bits`);
    return value;
  }

  /** A byte string, as a view of the input. @param exact required length. @throws {CborError} */
  bytes(exact?: number): Uint8Array {
    const length = this.#stringLength(2);
    if (exact !== undefined && length !== exact) {
      throw this.#error('CBOR_OUT_OF_RANGE', `a byte string of ${exact} bytes was expected, it has ${length}`);
    }
    const start = this.#position;
    this.#position = start + length;
    return this.#bytes.subarray(start, start + length);
  }

  /** A text string. @throws {CborError} */
  text(): string {
    const length = this.#stringLength(3);
    const start = this.#position;
    try {
      const text = textDecoder.decode(this.#bytes.subarray(start, start + length));
      this.#position = start + length;
      return text;
    } catch (cause) {
      throw new CborError('CBOR_INVALID_UTF8', `the text at byte ${start} is not valid UTF-8`, { cause });
    }
  }

  /** @throws {CborError} */
  bool(): boolean {
    if (this.peek() !== 'bool') throw this.#unexpected('a boolean');
    return this.#bytes[this.#position++] === 0xf5;
  }

  /** A float of any width. @throws {CborError} */
  float(): number {
    if (this.peek() !== 'float') throw this.#unexpected('a float');
    const width = this.#initial() & 31;
    const size = 1 << (width - 24);
    this.#need(1 + size);
    const at = this.#position + 1;
    this.#position = at + size;
    if (size === 8) return this.#view.getFloat64(at);
    if (size === 4) return this.#view.getFloat32(at);
    return this.#view.getFloat16(at);
  }

  /** Consumes a null or undefined, if one is next. */
  takeNull(): boolean {
    const kind = this.peek();
    if (kind !== 'null' && kind !== 'undefined') return false;
    this.#position++;
    return true;
  }

  /** Opens an array of definite or indefinite length. @throws {CborError} */
  array(): CborCursor {
    return this.#open(4, 1);
  }

  /** Opens an array that must be of definite length `exact`, as enums are (`identity.md` §2). @throws {CborError} */
  definiteArray(exact: number): CborCursor {
    const initial = this.#initial();
    if (initial >> 5 !== 4 || (initial & 31) === INDEFINITE) throw this.#unexpected(`an array of ${exact}`);
    const at = this.#position;
    const length = this.#argument(4);
    if (BigInt(length) !== BigInt(exact)) {
      this.#position = at;
      throw this.#error('CBOR_OUT_OF_RANGE', `an array of ${exact} was expected, it has ${length}`);
    }
    return this.#cursor(exact, 1);
  }

  /** Opens a map; the cursor counts pairs, the caller reads key and value of each. @throws {CborError} */
  map(): CborCursor {
    return this.#open(5, 2);
  }

  /** All elements of an array, each read by `read`. @throws {CborError} CBOR_TOO_LONG above `maxItems`. */
  list<T>(read: () => T, maxItems: number): T[] {
    const items: T[] = [];
    const cursor = this.array();
    while (cursor.more()) {
      if (items.length === maxItems) throw this.#error('CBOR_TOO_LONG', `an array has more than ${maxItems} items`);
      items.push(read());
    }
    cursor.end();
    return items;
  }

  /** Skips one item with all that is in it. @throws {CborError} */
  skip(): void {
    const initial = this.#initial();
    const major = initial >> 5;
    const low = initial & 31;
    switch (major) {
      case 0:
      case 1:
        this.#argument(major);
        return;
      case 2:
      case 3:
        this.#skipString(major, low);
        return;
      case 4:
      case 5: {
        const cursor = this.#open(major, major === 4 ? 1 : 2);
        cursor.end();
        return;
      }
      case 6:
        this.#argument(6);
        this.#enter();
        this.skip();
        this.#depth--;
        return;
      default:
        this.#skipSimple(low);
    }
  }

  #skipString(major: number, low: number): void {
    if (low !== INDEFINITE) {
      this.#position += this.#stringLength(major);
      return;
    }
    this.#position++;
    while (this.#initial() !== BREAK) this.#position += this.#stringLength(major);
    this.#position++;
  }

  #skipSimple(low: number): void {
    if (low === INDEFINITE) throw this.#error('CBOR_MALFORMED', 'a break stands outside an indefinite item');
    if (low >= 28) throw this.#error('CBOR_MALFORMED', 'reserved additional information');
    const size = low < 24 ? 1 : 1 + (1 << (low - 24));
    this.#need(size);
    this.#position += size;
  }

  #open(major: 4 | 5, itemsPerElement: 1 | 2): CborCursor {
    const initial = this.#initial();
    if (initial >> 5 !== major) throw this.#unexpected(major === 4 ? 'an array' : 'a map');
    if ((initial & 31) === INDEFINITE) {
      this.#position++;
      return this.#cursor(undefined, itemsPerElement);
    }
    const length = this.#argument(major);
    // Every item takes a byte at least: a length beyond the input is refused before anything is built from it.
    if (length > (this.#bytes.length - this.#position) / itemsPerElement) {
      throw this.#error(
        'CBOR_TRUNCATED',
        `${length} elements are announced, ${this.#bytes.length - this.#position} bytes follow`,
      );
    }
    return this.#cursor(Number(length), itemsPerElement);
  }

  #cursor(length: number | undefined, itemsPerElement: 1 | 2): CborCursor {
    this.#enter();
    let left = length;
    let open = true;
    const more = (): boolean => {
      if (!open) return false;
      if (left === undefined) {
        if (this.#initial() !== BREAK) return true;
        this.#position++;
        open = false;
        return false;
      }
      if (left === 0) {
        open = false;
        return false;
      }
      left--;
      return true;
    };
    return {
      more,
      required: (name, read) => {
        if (!more() || this.takeNull()) throw this.#error('CBOR_MISSING_FIELD', `the field ${quoted(name)} is missing`);
        return read();
      },
      optional: (read) => (!more() || this.takeNull() ? undefined : read()),
      end: () => {
        while (more()) for (let i = 0; i < itemsPerElement; i++) this.skip();
        this.#depth--;
      },
    };
  }

  #enter(): void {
    if (++this.#depth > MAX_DEPTH) throw this.#error('CBOR_TOO_DEEP', `more than ${MAX_DEPTH} levels of nesting`);
  }

  #stringLength(major: number): number {
    const initial = this.#initial();
    if (initial >> 5 !== major) throw this.#unexpected(`a ${MAJOR[major]}`);
    if ((initial & 31) === INDEFINITE)
      throw this.#error('CBOR_MALFORMED', `an indefinite ${MAJOR[major]} is not accepted`);
    const length = this.#argument(major);
    if (length > this.#bytes.length - this.#position) {
      throw this.#error(
        'CBOR_TRUNCATED',
        `a ${MAJOR[major]} of ${length} bytes is announced, ${this.#bytes.length - this.#position} follow`,
      );
    }
    return Number(length);
  }

  /** Consumes a head of type `major`; the argument as a number up to 2^53−1, as a bigint above. */
  #argument(major: number): number | bigint {
    const initial = this.#initial();
    if (initial >> 5 !== major) throw this.#unexpected(`a ${MAJOR[major]}`);
    const low = initial & 31;
    if (low < 24) {
      this.#position++;
      return low;
    }
    if (low > 27) throw this.#error('CBOR_MALFORMED', 'reserved additional information');
    const size = 1 << (low - 24);
    this.#need(1 + size);
    const at = this.#position + 1;
    this.#position = at + size;
    if (size === 1) return this.#bytes[at] as number;
    if (size === 2) return this.#view.getUint16(at);
    if (size === 4) return this.#view.getUint32(at);
    const wide = this.#view.getBigUint64(at);
    return wide <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(wide) : wide;
  }

  #initial(): number {
    this.#need(1);
    return this.#bytes[this.#position] as number;
  }

  #need(size: number): void {
    if (this.#bytes.length - this.#position < size)
      throw this.#error('CBOR_TRUNCATED', 'the input ends inside an item');
  }

  #unexpected(wanted: string): CborError {
    return this.#error('CBOR_UNEXPECTED_TYPE', `${wanted} was expected, found ${this.peek()}`);
  }

  #error(code: CborError['code'], message: string): CborError {
    return new CborError(code, `${message} (at byte ${this.#position})`);
  }
}
