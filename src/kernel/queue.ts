/** Ours: an empty queue that has become larger than this gives its room back. */
const MAX_KEPT = 1024;
/** Ours: fewer gaps are not worth the work of closing them. */
const MIN_GAPS = 16;

/**
 * A queue from whose midst items can be taken as well. What is gone is written over in place: a table or a list that is left
 * behind, as a `Set` leaves them, would keep what came after it (see `slot-map.ts`).
 */
export class Queue<T extends object | string | number> implements Iterable<T> {
  /** From `#head` up to `#end`, with gaps. */
  readonly #items: (T | undefined)[] = [];
  #head = 0;
  #end = 0;
  #size = 0;
  /** How often the items have moved within the array. */
  #moves = 0;

  /** How many are in it. */
  get size(): number {
    return this.#size;
  }

  /** Puts `item` at the end. */
  push(item: T): void {
    const gaps = this.#end - this.#size;
    if (gaps >= MIN_GAPS && gaps >= this.#size) this.#closeGaps();
    this.#items[this.#end++] = item;
    this.#size++;
  }

  /** Takes the first; undefined when there is none. */
  shift(): T | undefined {
    if (this.#size === 0) return undefined;
    while (this.#items[this.#head] === undefined) this.#head++;
    return this.#take(this.#head++);
  }

  /** Takes the last; undefined when there is none. */
  pop(): T | undefined {
    if (this.#size === 0) return undefined;
    while (this.#items[this.#end - 1] === undefined) this.#end--;
    return this.#take(--this.#end);
  }

  /** Takes the first that is `item`, as fast as it stands near the head; whether it was there. */
  delete(item: T): boolean {
    for (let at = this.#head; at < this.#end; at++) {
      if (this.#items[at] !== item) continue;
      this.#take(at);
      return true;
    }
    return false;
  }

  /** The first for which `holds`, which must not change the queue; undefined when there is none. */
  find(holds: (item: T) => boolean): T | undefined {
    for (let at = this.#head; at < this.#end; at++) {
      const item = this.#items[at];
      if (item !== undefined && holds(item)) return item;
    }
    return undefined;
  }

  /**
   * All that are in it, from the first on. What is taken out meanwhile and has not come yet, does not come.
   * @throws {Error} when it goes on after an item was put in that had the others moved
   */
  *[Symbol.iterator](): Generator<T> {
    const moves = this.#moves;
    for (let at = this.#head; at < this.#end; at++) {
      const item = this.#items[at];
      if (item === undefined) continue;
      yield item;
      if (moves !== this.#moves) throw new Error('a queue was added to while somebody went through it');
    }
  }

  #take(at: number): T | undefined {
    const item = this.#items[at];
    this.#items[at] = undefined;
    if (--this.#size === 0) {
      this.#head = 0;
      this.#end = 0;
      if (this.#items.length > MAX_KEPT) this.#items.length = 0;
    }
    return item;
  }

  #closeGaps(): void {
    let end = 0;
    for (let at = this.#head; at < this.#end; at++) {
      const item = this.#items[at];
      if (item === undefined) continue;
      this.#items[at] = undefined;
      this.#items[end++] = item;
    }
    this.#head = 0;
    this.#end = end;
    this.#moves++;
  }
}
