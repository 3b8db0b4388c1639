/** Places, or bytes, that many share, of which no one of them can take all. */

/**
 * So many places for all holders together, none of whom may have more than are free: one alone has half of them at most, two a
 * third each, and somebody who has none gets one as long as there are any.
 */
export class Shares<H> {
  readonly #places: number;
  readonly #held = new Map<H, number>();
  #taken = 0;

  /** @param places of all holders together, at least 1. */
  constructor(places: number) {
    this.#places = places;
  }

  /** Places that are taken. */
  get taken(): number {
    return this.#taken;
  }

  /** Places of `holder`. */
  heldBy(holder: H): number {
    return this.#held.get(holder) ?? 0;
  }

  /** Whether `holder` may have `count` more. */
  hasRoom(holder: H, count = 1): boolean {
    return this.heldBy(holder) + count <= this.#places - this.#taken;
  }

  /** Takes `count` places for `holder`; false, and none is taken, when that is more than it may have. */
  take(holder: H, count = 1): boolean {
    if (!this.hasRoom(holder, count)) return false;
    this.#held.set(holder, this.heldBy(holder) + count);
    this.#taken += count;
    return true;
  }

  /** Gives back `count` of the places that `holder` has taken. */
  give(holder: H, count = 1): void {
    const left = this.heldBy(holder) - count;
    if (left > 0) this.#held.set(holder, left);
    else this.#held.delete(holder);
    this.#taken -= count;
  }
}
