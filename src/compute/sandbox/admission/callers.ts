/** Who has calls in flight, and how many: no caller may have more than its share (`docs/sandbox.md` §2.2). */

/** Calls that name no caller: they count as one in every line, and are not bounded. */
export const NOBODY = '';

/** Callers with calls in flight. */
export class Callers {
  readonly #most: number;
  #calls = 0;
  readonly #open = new Map<string, { readonly id: number; calls: number }>();
  #nextId = 1;

  /** @param most calls that one caller may have in flight. */
  constructor(most: number) {
    this.#most = most;
  }

  /** How many calls are in flight. */
  get calls(): number {
    return this.#calls;
  }

  /** How many callers have calls in flight. */
  get size(): number {
    return this.#open.size;
  }

  /** Whether `caller` may have one more call in flight. */
  hasRoom(caller: string): boolean {
    return caller === NOBODY || (this.#open.get(caller)?.calls ?? 0) < this.#most;
  }

  /** One more is in flight; returns a number that stands for the caller for as long as it has calls in flight. */
  enter(caller: string): number {
    let open = this.#open.get(caller);
    if (open === undefined) {
      open = { id: this.#nextId, calls: 0 };
      this.#nextId = (this.#nextId % 0x7fffffff) + 1;
      this.#open.set(caller, open);
    }
    open.calls++;
    this.#calls++;
    return open.id;
  }

  /** One has ended. */
  leave(caller: string): void {
    const open = this.#open.get(caller);
    if (open === undefined) return;
    this.#calls--;
    if (--open.calls === 0) this.#open.delete(caller);
  }
}
