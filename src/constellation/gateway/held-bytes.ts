import type { Shares } from '../../kernel/index.ts';

/** Bytes that one request holds of those that all requests share, until they are given back together. */
export class HeldBytes {
  readonly caller: string;
  readonly #shares: Shares<string>;
  #bytes = 0;
  #over = false;

  /** @param caller whose request it is. */
  constructor(shares: Shares<string>, caller: string) {
    this.#shares = shares;
    this.caller = caller;
  }

  /** Takes `bytes` more; false, and none is taken, when there is no room for them. Once all were given back, none is counted. */
  take(bytes: number): boolean {
    if (this.#over) return true;
    if (!this.#shares.take(this.caller, bytes)) return false;
    this.#bytes += bytes;
    return true;
  }

  /** Gives back all; for good. */
  giveBack(): void {
    this.#over = true;
    this.#shares.give(this.caller, this.#bytes);
    this.#bytes = 0;
  }
}
