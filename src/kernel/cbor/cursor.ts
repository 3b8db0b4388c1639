import { quoted } from '../errors/index.ts';
import type { CborInput } from './input.ts';

const NULL = 0xf6;

/** The elements of one open array or the pairs of one open map, in order; made by `CborReader`. */
export class CborCursor {
  readonly #input: CborInput;
  readonly #itemsPerElement: 1 | 2;
  /** Elements not handed out yet; below zero when a break ends them (UNTIL_BREAK). */
  #left: number;
  #open = true;

  constructor(input: CborInput, left: number, itemsPerElement: 1 | 2) {
    this.#input = input;
    this.#left = left;
    this.#itemsPerElement = itemsPerElement;
  }

  /** Whether another element (in a map: a key) follows; counts it as read, so the caller must read or skip it. */
  more(): boolean {
    if (this.#left > 0) {
      this.#left--;
      return true;
    }
    if (this.#left === 0) return false;
    if (!this.#input.takeBreak()) return true;
    this.#left = 0;
    return false;
  }

  /**
   * Reads the element named `name` by `read`.
   * @throws {CborError} CBOR_MISSING_FIELD when there is none or it is null.
   */
  required<T>(name: string, read: () => T): T {
    if (!this.more() || this.#input.take(NULL)) {
      throw this.#input.error('CBOR_MISSING_FIELD', `the field ${quoted(name)} is missing`);
    }
    return read();
  }

  /** Reads the next element by `read`; undefined when there is none or it is null. */
  optional<T>(read: () => T): T | undefined {
    return !this.more() || this.#input.take(NULL) ? undefined : read();
  }

  /** Skips what is left and closes the array or map; must be called, last. */
  end(): void {
    if (!this.#open) return;
    while (this.more()) for (let i = 0; i < this.#itemsPerElement; i++) this.#input.skip();
    this.#open = false;
    this.#input.leave();
  }
}
