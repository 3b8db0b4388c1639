import { concatAll, EMPTY } from './bytes/index.ts';

/** Ours: a part of less than this is copied behind the one before, in blocks of so many bytes. */
const SMALL = 4 * 1024;
const BLOCK = 16 * 1024;

/**
 * Bytes that come in parts of a size that somebody else chooses. However small those are, what is kept takes memory in proportion to the
 * bytes: an array for each of a million parts of one byte would take a hundred times as much.
 */
export class GatheredBytes {
  readonly #parts: Uint8Array[] = [];
  /** The last of the parts when it is a block of our own, and how many of its bytes are used. */
  #block: Uint8Array | undefined;
  #used = 0;
  #length = 0;

  /** How many bytes there are. */
  get length(): number {
    return this.#length;
  }

  /** Adds `part`, which must not change any more. */
  push(part: Uint8Array): void {
    this.#length += part.length;
    // Most bodies come in one part.
    if (part.length >= SMALL || this.#parts.length === 0) {
      this.#cut();
      this.#parts.push(part);
      return;
    }
    let at = 0;
    while (at < part.length) {
      const block = this.#block ?? this.#begin();
      const fits = part.subarray(at, at + block.length - this.#used);
      block.set(fits, this.#used);
      this.#used += fits.length;
      at += fits.length;
      if (this.#used === block.length) this.#block = undefined;
    }
  }

  /** All of them in one piece, which is the part itself when there was one. Nothing may be added afterwards. */
  join(): Uint8Array {
    this.#cut();
    return this.#parts.length <= 1 ? (this.#parts[0] ?? EMPTY) : concatAll(this.#parts);
  }

  /** All of them in a new array. Nothing may be added afterwards. */
  copy(): Uint8Array {
    this.#cut();
    return concatAll(this.#parts);
  }

  #begin(): Uint8Array {
    const block = new Uint8Array(BLOCK);
    this.#block = block;
    this.#used = 0;
    this.#parts.push(block);
    return block;
  }

  /** The block is followed by something else: only what is used of it stays. */
  #cut(): void {
    if (this.#block !== undefined) this.#parts[this.#parts.length - 1] = this.#block.slice(0, this.#used);
    this.#block = undefined;
  }
}
