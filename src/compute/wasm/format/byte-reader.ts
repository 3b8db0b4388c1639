import { fromUtf8 } from '../../../kernel/index.ts';
import { WasmError, type WasmErrorCode } from '../errors.ts';

/**
 * Reads a module within a window that the caller moves over sections and function bodies.
 *
 * Integers are accepted exactly in the encodings that an engine accepts, so both always agree on where the next
 * instruction starts: otherwise a loop could be hidden from the rewriter inside an immediate.
 */
export class ByteReader {
  readonly bytes: Uint8Array;
  /** Offset of the next unread byte in the module. */
  position = 0;
  /** Offset after the last byte of the window. */
  end: number;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.end = bytes.length;
  }

  /** Moves the window to bytes `start` up to, not including, `end`. */
  window(start: number, end: number): void {
    this.position = start;
    this.end = end;
  }

  get done(): boolean {
    return this.position >= this.end;
  }

  /** The error to throw for a fault at byte `at`. */
  error(code: WasmErrorCode, message: string, at: number = this.position, cause?: unknown): WasmError {
    return new WasmError(code, `${message} at byte ${at}`, { cause });
  }

  /** @throws {WasmError} WASM_TRUNCATED */
  u8(): number {
    if (this.position >= this.end) throw this.#truncated(1);
    return this.bytes[this.position++] as number;
  }

  /** The next byte without consuming it. @throws {WasmError} WASM_TRUNCATED */
  peek(): number {
    if (this.position >= this.end) throw this.#truncated(1);
    return this.bytes[this.position] as number;
  }

  /** An unsigned 32-bit LEB128 integer of at most 5 bytes. @throws {WasmError} WASM_TRUNCATED, WASM_MALFORMED_LEB */
  u32(): number {
    const start = this.position;
    const first = this.u8();
    if (first < 0x80) return first;
    let value = first & 0x7f;
    for (let shift = 7; shift < 28; shift += 7) {
      const byte = this.u8();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    const last = this.u8();
    if (last > 0x0f) throw this.error('WASM_MALFORMED_LEB', 'an integer is longer than 32 bits', start);
    return value + last * 0x1000_0000;
  }

  /** Passes over a LEB128 integer of at most `maxBytes` bytes. @throws {WasmError} WASM_TRUNCATED, WASM_MALFORMED_LEB */
  skipLeb(maxBytes: number): void {
    const start = this.position;
    for (let i = 0; i < maxBytes; i++) if (this.u8() < 0x80) return;
    throw this.error('WASM_MALFORMED_LEB', `an integer is longer than ${maxBytes} bytes`, start);
  }

  /** Passes over `length` bytes. @throws {WasmError} WASM_TRUNCATED */
  skip(length: number): void {
    if (length > this.end - this.position) throw this.#truncated(length);
    this.position += length;
  }

  /**
   * The number of items of a vector: at most `max`, and not more than there are bytes left, since every item takes one.
   * @throws {WasmError} `code` above `max`; WASM_TRUNCATED, WASM_MALFORMED_LEB
   */
  count(max: number, code: WasmErrorCode, what: string): number {
    const start = this.position;
    const count = this.u32();
    if (count > max) throw this.error(code, `${count} ${what}, at most ${max} are allowed,`, start);
    if (count > this.end - this.position) throw this.#truncated(count);
    return count;
  }

  /** An index below `count`. @throws {WasmError} WASM_INDEX_OUT_OF_RANGE, WASM_TRUNCATED, WASM_MALFORMED_LEB */
  index(count: number, what: string): number {
    const start = this.position;
    const index = this.u32();
    if (index >= count) throw this.error('WASM_INDEX_OUT_OF_RANGE', `there is no ${what} ${index}`, start);
    return index;
  }

  /** A name of at most `maxBytes` bytes. @throws {WasmError} WASM_NAME_TOO_LONG, WASM_MALFORMED_NAME, WASM_TRUNCATED, WASM_MALFORMED_LEB */
  name(maxBytes: number): string {
    const start = this.position;
    const length = this.count(maxBytes, 'WASM_NAME_TOO_LONG', 'bytes of a name');
    this.skip(length);
    try {
      return fromUtf8(this.bytes.subarray(this.position - length, this.position));
    } catch (cause) {
      throw this.error('WASM_MALFORMED_NAME', 'a name is not UTF-8', start, cause);
    }
  }

  /** @throws {WasmError} WASM_SECTION_SIZE when the window holds more than was read. */
  expectEnd(what: string): void {
    if (this.position !== this.end) {
      throw this.error('WASM_SECTION_SIZE', `${this.end - this.position} bytes left over after ${what}`);
    }
  }

  #truncated(wanted: number): WasmError {
    return this.error('WASM_TRUNCATED', `${wanted} bytes wanted, ${this.end - this.position} left`);
  }
}
