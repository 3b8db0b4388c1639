/**
 * The guest's linear memory seen from the host: every access is checked, everything read is a copy.
 *
 * Growing a memory detaches the old buffer, so the view is taken anew whenever it has become empty (`runnable-abi.md` §2).
 */
import { EMPTY } from '../../kernel/index.ts';
import type { WasmMemory } from './engine.ts';

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Checked access to one memory; pointers and lengths are taken as unsigned 32-bit numbers. */
export class GuestMemory {
  #memory: WasmMemory;
  #bytes: Uint8Array;
  #view: DataView;

  constructor(memory: WasmMemory) {
    this.#memory = memory;
    this.#bytes = new Uint8Array(memory.buffer);
    this.#view = new DataView(memory.buffer);
  }

  /** Size in bytes now. */
  get size(): number {
    return this.#all().length;
  }

  /** Goes over to another memory. */
  attach(memory: WasmMemory): void {
    this.#memory = memory;
    this.#bytes = new Uint8Array(memory.buffer);
    this.#view = new DataView(memory.buffer);
  }

  /** Sets every byte to zero. */
  wipe(): void {
    this.#all().fill(0);
  }

  /** Whether `length` bytes at `pointer` are all inside. The pointer of nothing may be any. */
  holds(pointer: number, length: number): boolean {
    return length === 0 || this.#window(pointer, length) !== undefined;
  }

  /** A copy of `length` bytes at `pointer`; undefined when they are not all inside. The pointer of nothing may be any. */
  copy(pointer: number, length: number): Uint8Array | undefined {
    if (length === 0) return EMPTY;
    return this.#window(pointer, length)?.slice();
  }

  /** The UTF-8 text at `pointer`, invalid sequences as U+FFFD; undefined when it is not all inside. */
  text(pointer: number, length: number): string | undefined {
    if (length === 0) return '';
    const window = this.#window(pointer, length);
    return window === undefined ? undefined : decoder.decode(window);
  }

  /** Copies `bytes` to `pointer`; false, and nothing written, when they do not fit inside. */
  write(pointer: number, bytes: Uint8Array): boolean {
    if (bytes.length === 0) return true;
    const window = this.#window(pointer, bytes.length);
    window?.set(bytes);
    return window !== undefined;
  }

  /** Lets `fill` write `length` bytes at `pointer`; false when they are not all inside. */
  fill(pointer: number, length: number, fill: (target: Uint8Array) => void): boolean {
    if (length === 0) return true;
    const window = this.#window(pointer, length);
    if (window !== undefined) fill(window);
    return window !== undefined;
  }

  /** The byte at `pointer`; undefined outside. */
  readU8(pointer: number): number | undefined {
    return this.#window(pointer, 1)?.[0];
  }

  /** Writes a byte; false outside. */
  writeU8(pointer: number, value: number): boolean {
    if (this.#window(pointer, 1) === undefined) return false;
    this.#view.setUint8(pointer >>> 0, value);
    return true;
  }

  /** The little-endian 16-bit number at `pointer`; undefined outside. */
  readU16(pointer: number): number | undefined {
    return this.#window(pointer, 2) === undefined ? undefined : this.#view.getUint16(pointer >>> 0, true);
  }

  /** Writes a little-endian 16-bit number; false outside. */
  writeU16(pointer: number, value: number): boolean {
    if (this.#window(pointer, 2) === undefined) return false;
    this.#view.setUint16(pointer >>> 0, value, true);
    return true;
  }

  /** The little-endian 32-bit number at `pointer`; undefined outside. */
  readU32(pointer: number): number | undefined {
    return this.#window(pointer, 4) === undefined ? undefined : this.#view.getUint32(pointer >>> 0, true);
  }

  /** Writes a little-endian 32-bit number; false outside. */
  writeU32(pointer: number, value: number): boolean {
    if (this.#window(pointer, 4) === undefined) return false;
    this.#view.setUint32(pointer >>> 0, value, true);
    return true;
  }

  /** The little-endian 64-bit number at `pointer`; undefined outside. */
  readU64(pointer: number): bigint | undefined {
    return this.#window(pointer, 8) === undefined ? undefined : this.#view.getBigUint64(pointer >>> 0, true);
  }

  /** Writes a little-endian 64-bit number; false outside. */
  writeU64(pointer: number, value: bigint): boolean {
    if (this.#window(pointer, 8) === undefined) return false;
    this.#view.setBigUint64(pointer >>> 0, value, true);
    return true;
  }

  #window(pointer: number, length: number): Uint8Array | undefined {
    const start = pointer >>> 0;
    const end = start + (length >>> 0);
    const bytes = this.#all();
    return end <= bytes.length ? bytes.subarray(start, end) : undefined;
  }

  #all(): Uint8Array {
    if (this.#bytes.length === 0) {
      this.#bytes = new Uint8Array(this.#memory.buffer);
      this.#view = new DataView(this.#memory.buffer);
    }
    return this.#bytes;
  }
}
