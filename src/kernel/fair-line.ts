/** A line in which callers take turns, however many places each of them has in it. */

/** Waiters `W` in the order in which they arrived, for each caller `C`; the callers in the order of their turns. */
export class FairLine<C, W> implements Iterable<W> {
  readonly #callers = new Map<C, Set<W>>();
  #size = 0;

  /** How many wait. */
  get size(): number {
    return this.#size;
  }

  /** Puts `waiter` behind the others of `caller`; one who stands there already keeps the place. */
  add(caller: C, waiter: W): void {
    let waiting = this.#callers.get(caller);
    if (waiting === undefined) this.#callers.set(caller, (waiting = new Set()));
    const before = waiting.size;
    this.#size += waiting.add(waiter).size - before;
  }

  /** Takes `waiter` out, wherever it stands; false when it is not there. Its caller keeps the turn. */
  remove(caller: C, waiter: W): boolean {
    const waiting = this.#callers.get(caller);
    if (waiting?.delete(waiter) !== true) return false;
    this.#size--;
    if (waiting.size === 0) this.#callers.delete(caller);
    return true;
  }

  /** Takes `waiter` out as one whose turn has come: its caller's next turn is after that of all others. */
  serve(caller: C, waiter: W): boolean {
    const waiting = this.#callers.get(caller);
    if (!this.remove(caller, waiter)) return false;
    this.#callers.delete(caller);
    if (waiting !== undefined && waiting.size > 0) this.#callers.set(caller, waiting);
    return true;
  }

  /** Serves the first of the first caller who `mayGo`; undefined when there is none. */
  take(mayGo?: (caller: C) => boolean): W | undefined {
    for (const [caller, waiting] of this.#callers) {
      if (mayGo?.(caller) === false) continue;
      for (const waiter of waiting) {
        this.serve(caller, waiter);
        return waiter;
      }
    }
    return undefined;
  }

  /**
   * Makes room for one more of `caller` in a line that is full: takes out the last one of the caller who has the most
   * places, if `caller` would have fewer even then; else undefined.
   */
  giveUpLongest(caller: C): W | undefined {
    let longest: C = caller;
    let most = (this.#callers.get(caller)?.size ?? 0) + 1;
    for (const [other, { size }] of this.#callers) if (size > most) [longest, most] = [other, size];
    return longest === caller ? undefined : this.giveUpLast(longest);
  }

  /** Takes out the last one of `caller`; undefined when there is none. */
  giveUpLast(caller: C): W | undefined {
    let last: W | undefined;
    for (const waiter of this.#callers.get(caller) ?? []) last = waiter;
    if (last !== undefined) this.remove(caller, last);
    return last;
  }

  /** All, one caller after the other. */
  *[Symbol.iterator](): Iterator<W> {
    for (const waiting of this.#callers.values()) yield* waiting;
  }
}
