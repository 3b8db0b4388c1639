import { Errno, WasiFault } from '../errno.ts';

/** What a new name counts as: about a block of the file system. */
export const NAME_BYTES = 4096;

/** What one call may still add to its directories. */
export class WriteAllowance {
  #left: number;

  constructor(bytes: number) {
    this.#left = bytes;
  }

  /** Takes `bytes`. @throws {WasiFault} dquot, and nothing is taken, when there are fewer left */
  take(bytes: number): void {
    if (bytes > this.#left) throw new WasiFault(Errno.dquot);
    this.#left -= bytes;
  }
}
