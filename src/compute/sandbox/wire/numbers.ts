/** Numbers of many calls in one row, because a row of doubles crosses to another thread as fast as its bytes are copied. */

const FIRST_LENGTH = 1024;
/** Ours: a row that a crowd of calls made longer than this is not kept, numbers. */
const MAX_KEPT = 65_536;

/** Collects numbers; a row that has been taken is valid until the next number. */
export class Numbers {
  #row = new Float64Array(FIRST_LENGTH);
  #length = 0;

  /** How many there are. */
  get length(): number {
    return this.#length;
  }

  /** Adds `value` at the end. */
  push(value: number): void {
    if (this.#length === this.#row.length) {
      const grown = new Float64Array(this.#length * 2);
      grown.set(this.#row);
      this.#row = grown;
    }
    this.#row[this.#length++] = value;
  }

  /** Replaces the one at `index`, which must be there. */
  set(index: number, value: number): void {
    this.#row[index] = value;
  }

  /** Takes back all but the first `length`. */
  truncate(length: number): void {
    this.#length = length;
  }

  /** All of them; this object is empty afterwards. */
  take(): Float64Array {
    const taken = this.#row.subarray(0, this.#length);
    if (this.#row.length > MAX_KEPT) this.#row = new Float64Array(FIRST_LENGTH);
    this.#length = 0;
    return taken;
  }
}
