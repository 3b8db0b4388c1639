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
type Major = 0 | 1 | 2 | 3 | 4 | 5 | 6;
const INDEFINITE = 31;
const BREAK = 0xff;

/** Ours: deeper than any structure of the protocols; a policy expression takes three levels for each of its own. */
const MAX_DEPTH = 128;

/** What `open` answers for an array or map that ends with a break. */
export const UNTIL_BREAK = -1;

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

/** The bytes, the place and the depth that a reader and its open cursors share: heads, nesting, skipping. */
export class CborInput {
  readonly bytes: Uint8Array;
  position: number;
  #depth = 0;
  #view: DataView | undefined;

  constructor(bytes: Uint8Array, position: number) {
    this.bytes = bytes;
    this.position = position;
  }

  /** Made when first needed: most messages have neither floats nor integers above 32 bits. */
  get view(): DataView {
    this.#view ??= new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
    return this.#view;
  }

  /** The first byte of the next item, not consumed. */
  initial(): number {
    this.need(1);
    return this.bytes[this.position] as number;
  }

  kind(): CborKind {
    const initial = this.initial();
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

  /** Consumes the next byte if it is `byte`. */
  take(byte: number): boolean {
    if (this.initial() !== byte) return false;
    this.position++;
    return true;
  }

  /** Consumes a head of type `major`; the argument as a number up to 2^53−1, as a bigint above. */
  argument(major: Major): number | bigint {
    const initial = this.initial();
    if (initial >> 5 !== major) throw this.unexpected(MAJOR[major]);
    const low = initial & 31;
    if (low < 24) {
      this.position++;
      return low;
    }
    if (low > 27) throw this.reserved();
    const size = 1 << (low - 24);
    this.need(1 + size);
    const at = this.position + 1;
    this.position = at + size;
    if (size === 1) return this.bytes[at] as number;
    if (size === 2) return ((this.bytes[at] as number) << 8) | (this.bytes[at + 1] as number);
    const high = this.view.getUint32(at);
    if (size === 4) return high;
    if (high <= 0x1f_ffff) return high * 0x1_0000_0000 + this.view.getUint32(at + 4);
    return this.view.getBigUint64(at);
  }

  /** Consumes the head of a definite byte (2) or text (3) string: its length, which is there in full. */
  stringLength(major: 2 | 3): number {
    if (this.initial() === ((major << 5) | INDEFINITE)) {
      throw this.error('CBOR_MALFORMED', `a ${MAJOR[major]} of indefinite length is not accepted`);
    }
    const length = this.argument(major);
    const left = this.bytes.length - this.position;
    if (typeof length === 'bigint' || length > left) {
      throw this.error('CBOR_TRUNCATED', `a ${MAJOR[major]} of ${length} bytes is announced, ${left} follow`);
    }
    return length;
  }

  /** Consumes the head of an array (4) or map (5) and goes one level down: its length, or UNTIL_BREAK. */
  open(major: 4 | 5): number {
    if (this.initial() === ((major << 5) | INDEFINITE)) {
      this.enter();
      this.position++;
      return UNTIL_BREAK;
    }
    const length = this.argument(major);
    const left = this.bytes.length - this.position;
    // Every item takes a byte at least: a length beyond the input is refused before anything is built from it.
    if (typeof length === 'bigint' || length > (major === 4 ? left : left / 2)) {
      throw this.error('CBOR_TRUNCATED', `${length} elements are announced, ${left} bytes follow`);
    }
    this.enter();
    return length;
  }

  enter(): void {
    if (this.#depth === MAX_DEPTH) throw this.error('CBOR_TOO_DEEP', `more than ${MAX_DEPTH} levels of nesting`);
    this.#depth++;
  }

  leave(): void {
    this.#depth--;
  }

  takeBreak(): boolean {
    return this.take(BREAK);
  }

  /** Skips one item with all that is in it; when that fails, place and depth are as before. */
  skip(): void {
    const position = this.position;
    const depth = this.#depth;
    try {
      this.#skipItem();
    } catch (error) {
      this.position = position;
      this.#depth = depth;
      throw error;
    }
  }

  /** The recursion is as deep as the nesting, which `enter` bounds. */
  #skipItem(): void {
    const major = this.initial() >> 5;
    switch (major) {
      case 0:
      case 1:
        this.argument(major);
        return;
      case 2:
      case 3:
        this.#skipString(major);
        return;
      case 4:
      case 5:
        this.#skipElements(this.open(major), major === 4 ? 1 : 2);
        this.leave();
        return;
      case 6:
        this.argument(6);
        this.enter();
        this.#skipItem();
        this.leave();
        return;
      default:
        this.#skipSimple();
    }
  }

  #skipElements(length: number, itemsPerElement: 1 | 2): void {
    if (length === UNTIL_BREAK) {
      while (!this.takeBreak()) for (let i = 0; i < itemsPerElement; i++) this.#skipItem();
    } else {
      for (let i = length * itemsPerElement; i > 0; i--) this.#skipItem();
    }
  }

  /** The reference skips strings of indefinite length although it reads none. */
  #skipString(major: 2 | 3): void {
    if (!this.take((major << 5) | INDEFINITE)) {
      this.#skipDefiniteString(major);
      return;
    }
    while (!this.takeBreak()) this.#skipDefiniteString(major);
  }

  #skipDefiniteString(major: 2 | 3): void {
    const length = this.stringLength(major);
    this.position += length;
  }

  #skipSimple(): void {
    const low = this.initial() & 31;
    if (low === INDEFINITE) throw this.error('CBOR_MALFORMED', 'a break stands outside an indefinite item');
    if (low >= 28) throw this.reserved();
    const size = low < 24 ? 1 : 1 + (1 << (low - 24));
    this.need(size);
    this.position += size;
  }

  need(size: number): void {
    if (this.bytes.length - this.position < size) throw this.error('CBOR_TRUNCATED', 'the input ends inside an item');
  }

  reserved(): CborError {
    return this.error('CBOR_MALFORMED', 'reserved additional information');
  }

  unexpected(wanted: string): CborError {
    return this.error('CBOR_UNEXPECTED_TYPE', `${wanted} was expected, found ${this.kind()}`);
  }

  error(code: CborError['code'], message: string, options?: ErrorOptions): CborError {
    return new CborError(code, `${message} (at byte ${this.position})`, options);
  }
}
