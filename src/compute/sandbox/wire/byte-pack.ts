/** Many byte arrays in one transferred buffer, because each array that is posted by itself costs microseconds. */

const NONE = new Float64Array(0);
const NUMBER_BYTES = 8;

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

  /** The finished pack, with `numbers` behind the arrays; this object is empty afterwards. */
  finish(numbers: Float64Array = NONE): ArrayBuffer {
    const numbersAt = Math.ceil(this.#length / NUMBER_BYTES) * NUMBER_BYTES;
    const buffer = new ArrayBuffer(numbersAt + numbers.byteLength);
    const pack = new Uint8Array(buffer);
    let offset = 0;
    for (const part of this.#parts) {
      pack.set(part, offset);
      offset += part.length;
    }
    if (numbers.length > 0) new Float64Array(buffer, numbersAt).set(numbers);
    this.#parts = [];
    this.#length = 0;
    return buffer;
  }
}

/** A copy of one array of a pack, which keeps nothing of the rest alive. */
export function unpack(pack: ArrayBuffer, offset: number, length: number): Uint8Array {
  return new Uint8Array(pack, offset, length).slice();
}

/** The `count` numbers of a pack that has so many, as a view. */
export function numbersOf(pack: ArrayBuffer, count: number): Float64Array {
  return new Float64Array(pack, pack.byteLength - count * NUMBER_BYTES, count);
}
