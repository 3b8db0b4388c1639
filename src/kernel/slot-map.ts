/**
 * A map by number or name whose entries come and go all the time, as open calls do.
 *
 * An ordinary map makes itself a new table whenever entries that are gone have filled the old one, and the old one still refers to
 * what it held. Once one such table has grown old, the collector of the young generation takes all that it refers to for used:
 * the next table, the entries in that, and so on, until everything is collected at once. Here only keys and numbers are in such
 * tables.
 */
export class SlotMap<V, K extends number | string = number> {
  readonly #slots = new Map<K, number>();
  /** What is gone is written over at once. */
  #values: (V | undefined)[] = [];
  #free: number[] = [];

  /** How many entries there are. */
  get size(): number {
    return this.#slots.size;
  }

  /** Whether there is an entry for `key`, were it `undefined`. */
  has(key: K): boolean {
    return this.#slots.has(key);
  }

  /** The entry for `key`; undefined when there is none. */
  get(key: K): V | undefined {
    const slot = this.#slots.get(key);
    return slot === undefined ? undefined : this.#values[slot];
  }

  /** Puts an entry for `key`, in the place of the one that is there. */
  set(key: K, value: V): void {
    const slot = this.#slots.get(key) ?? this.#free.pop() ?? this.#values.length;
    this.#values[slot] = value;
    this.#slots.set(key, slot);
  }

  /** Takes out the entry for `key`; whether there was one. */
  delete(key: K): boolean {
    const slot = this.#slots.get(key);
    if (slot === undefined) return false;
    this.#slots.delete(key);
    this.#values[slot] = undefined;
    this.#free.push(slot);
    return true;
  }

  /** Takes out all entries. */
  clear(): void {
    this.#slots.clear();
    this.#values = [];
    this.#free = [];
  }

  /** The entries, oldest first, each as it is when its turn comes. */
  *[Symbol.iterator](): Generator<[K, V]> {
    for (const [key, slot] of this.#slots) yield [key, this.#values[slot] as V];
  }

  /** The values, oldest first. */
  *values(): Generator<V> {
    for (const slot of this.#slots.values()) yield this.#values[slot] as V;
  }
}
