import { Queue } from './queue.ts';
import { SlotMap } from './slot-map.ts';

interface Caller<C, W extends object | string | number> {
  readonly caller: C;
  readonly waiters: Queue<W>;
}

/**
 * A line in which callers take turns, however many places each of them has in it: waiters `W` in the order in which they arrived,
 * for each caller `C`; the callers in the order of their turns. Nothing of who has left it is kept, see `queue.ts`.
 */
export class FairLine<C extends string | number, W extends object | string | number> implements Iterable<W> {
  readonly #callers = new SlotMap<Caller<C, W>, C>();
  readonly #turns = new Queue<Caller<C, W>>();
  #size = 0;

  /** How many wait. */
  get size(): number {
    return this.#size;
  }

  /** Puts `waiter`, who does not stand there yet, behind the others of `caller`. */
  add(caller: C, waiter: W): void {
    let own = this.#callers.get(caller);
    if (own === undefined) {
      own = { caller, waiters: new Queue() };
      this.#callers.set(caller, own);
      this.#turns.push(own);
    }
    own.waiters.push(waiter);
    this.#size++;
  }

  /** Takes `waiter` out, wherever it stands; false when it is not there. Its caller keeps the turn. */
  remove(caller: C, waiter: W): boolean {
    const own = this.#callers.get(caller);
    if (own?.waiters.delete(waiter) !== true) return false;
    this.#left(own);
    return true;
  }

  /** Takes `waiter` out as one whose turn has come: its caller's next turn is after that of all others. */
  serve(caller: C, waiter: W): boolean {
    const own = this.#callers.get(caller);
    if (own?.waiters.delete(waiter) !== true) return false;
    this.#served(own);
    return true;
  }

  /** Serves the first of the first caller who `mayGo`; undefined when there is none. */
  take(mayGo: (caller: C) => boolean = () => true): W | undefined {
    const own = this.#turns.find(({ caller }) => mayGo(caller));
    const waiter = own?.waiters.shift();
    if (own !== undefined) this.#served(own);
    return waiter;
  }

  /**
   * Makes room for one more of `caller` in a line that is full: takes out the last one of the caller who has the most
   * places, if `caller` would have fewer even then; else undefined.
   */
  giveUpLongest(caller: C): W | undefined {
    let longest = caller;
    let most = (this.#callers.get(caller)?.waiters.size ?? 0) + 1;
    for (const { caller: other, waiters } of this.#turns)
      if (waiters.size > most) [longest, most] = [other, waiters.size];
    return longest === caller ? undefined : this.giveUpLast(longest);
  }

  /** Takes out the last one of `caller`; undefined when there is none. */
  giveUpLast(caller: C): W | undefined {
    const own = this.#callers.get(caller);
    const last = own?.waiters.pop();
    if (own !== undefined) this.#left(own);
    return last;
  }

  /** All, one caller after the other. Who is gone through may be taken out meanwhile; with one who is served the round is over. */
  *[Symbol.iterator](): Generator<W> {
    for (const { waiters } of this.#turns) yield* waiters;
  }

  #served(own: Caller<C, W>): void {
    this.#left(own);
    if (own.waiters.size === 0 || this.#turns.size === 1) return;
    this.#turns.delete(own);
    this.#turns.push(own);
  }

  #left(own: Caller<C, W>): void {
    this.#size--;
    if (own.waiters.size > 0) return;
    this.#callers.delete(own.caller);
    this.#turns.delete(own);
  }
}
