/** A first-in-first-out queue in a ring that doubles when it is full and shrinks when it is emptied after a rush. */
export class Fifo<T> {
  /** Most queues of most workers never hold anything, so the ring is made for the first item. */
  #ring: (T | undefined)[] = [];
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(item: T): void {
    if (this.#length === this.#ring.length) this.#grow();
    this.#ring[(this.#head + this.#length) & (this.#ring.length - 1)] = item;
    this.#length++;
  }

  /** Takes the oldest item; undefined when there is none. */
  shift(): T | undefined {
    if (this.#length === 0) return undefined;
    const item = this.#ring[this.#head];
    this.#ring[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#ring.length - 1);
    if (--this.#length === 0 && this.#ring.length > LARGE) this.clear();
    return item;
  }

  clear(): void {
    this.#ring = [];
    this.#head = 0;
    this.#length = 0;
  }

  #grow(): void {
    if (this.#ring.length === 0) {
      this.#ring = emptyRing(SMALL);
      return;
    }
    const items = [...this.#ring.slice(this.#head), ...this.#ring.slice(0, this.#head)];
    this.#ring = [...items, ...emptyRing<T>(items.length)];
    this.#head = 0;
  }
}

/** Sizes of the ring, powers of two: to start with, and the largest that is kept when empty. */
const SMALL = 4;
const LARGE = 256;

function emptyRing<T>(size: number): (T | undefined)[] {
  const ring: (T | undefined)[] = [];
  for (let i = 0; i < size; i++) ring.push(undefined);
  return ring;
}
