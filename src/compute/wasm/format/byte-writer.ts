import { utf8 } from '../../../kernel/index.ts';
import { WasmError } from '../errors.ts';

/** Below this many bytes a loop beats making a view and copying it. */
const SHORT_COPY = 24;

/** A growing byte array with the integers and names of the module format. */
export class ByteWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;
  readonly #maxBytes: number;

  /** @param maxBytes the length it may reach; @param expectedBytes what to allocate at once. */
  constructor(maxBytes: number, expectedBytes: number) {
    this.#maxBytes = maxBytes;
    this.#bytes = new Uint8Array(Math.max(64, Math.min(maxBytes, expectedBytes)));
  }

  get length(): number {
    return this.#length;
  }

  /** Forgets everything written, keeps the room. */
  clear(): void {
    this.#length = 0;
  }

  /** @throws {WasmError} WASM_REWRITTEN_TOO_LARGE, as all writing methods. */
  u8(byte: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = byte;
  }

  /** The shortest LEB128 form of an unsigned 32-bit integer. */
  u32(value: number): void {
    this.#reserve(lengthOf(value));
    let rest = value;
    while (rest > 0x7f) {
      this.#bytes[this.#length++] = (rest & 0x7f) | 0x80;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#length++] = rest;
  }

  /** The shortest LEB128 form of a signed 32-bit integer. */
  i32(value: number): void {
    let rest = value | 0;
    while (rest < -64 || rest > 63) {
      this.u8((rest & 0x7f) | 0x80);
      rest >>= 7;
    }
    this.u8(rest & 0x7f);
  }

  name(text: string): void {
    const encoded = utf8(text);
    this.u32(encoded.length);
    this.copy(encoded, 0, encoded.length);
  }

  /** Appends bytes `start` up to, not including, `end` of `source`. */
  copy(source: Uint8Array, start: number, end: number): void {
    const length = end - start;
    this.#reserve(length);
    if (length <= SHORT_COPY) {
      let to = this.#length;
      for (let from = start; from < end; from++) this.#bytes[to++] = source[from] as number;
    } else {
      this.#bytes.set(source.subarray(start, end), this.#length);
    }
    this.#length += length;
  }

  /** Appends everything `other` holds. */
  append(other: ByteWriter): void {
    this.copy(other.#bytes, 0, other.#length);
  }

  /** Appends everything `other` holds, its length before it. */
  sized(other: ByteWriter): void {
    this.u32(other.#length);
    this.append(other);
  }

  /** Appends a vector of `count` items, which `items` holds one after the other, the length of all before it. */
  vector(count: number, items: ByteWriter): void {
    this.u32(lengthOf(count) + items.#length);
    this.u32(count);
    this.append(items);
  }

  /** A new array of exactly what was written. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    if (needed > this.#maxBytes) {
      throw new WasmError('WASM_REWRITTEN_TOO_LARGE', `the rewritten module is longer than ${this.#maxBytes} bytes`);
    }
    const grown = new Uint8Array(Math.max(needed, Math.min(this.#maxBytes, this.#bytes.length * 2)));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}

/** Bytes of the shortest LEB128 form of an unsigned 32-bit integer. */
function lengthOf(value: number): number {
  return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : value < 0x1000_0000 ? 4 : 5;
}
