/** Many byte arrays in one transferred buffer, because each array that is posted by itself costs microseconds. */

/** Collects arrays; they are copied when the pack is finished, so they must not change before. */
export class BytePack {
  #parts: Uint8Array[] = [];
  #length = 0;

  /** Adds `bytes`; returns their offset in the pack. */
  add(bytes: Uint8Array): number {
    const offset = this.#length;
    if (bytes.length > 0) this.#parts.push(bytes);
    this.#length += bytes.length;
    return offset;
  }

  /** The finished pack; this object is empty afterwards. */
  finish(): ArrayBuffer {
    const pack = new Uint8Array(this.#length);
    let offset = 0;
    for (const part of this.#parts) {
      pack.set(part, offset);
      offset += part.length;
    }
    this.#parts = [];
    this.#length = 0;
    return pack.buffer;
  }
}

/** A copy of one array of a pack, which keeps nothing of the rest alive. */
export function unpack(pack: ArrayBuffer, offset: number, length: number): Uint8Array {
  return new Uint8Array(pack.slice(offset, offset + length));
}
