/** Which counters were accepted already, and which may still come. `secure-channel.md` §4.3. */

/** How far behind and ahead of the highest accepted counter another may be; as far as the two known keys reach. */
export const WINDOW = 32;

/** What the window says of a counter. */
export type WindowVerdict = 'acceptable' | 'replayed' | 'too-far-behind' | 'too-far-ahead';

/**
 * The highest accepted counter and a bitmap of 64: bit i tells whether `max − i` was accepted. The bitmap is two words of 32
 * bits, because numbers shift 32 bits at most and big integers are slow.
 */
export class ReplayWindow {
  #max = 0;
  /** Bits 0 … 31. */
  #low = 0;
  /** Bits 32 … 63. */
  #high = 0;

  /** Judges `n` (an integer ≥ 0) and changes nothing: only an authentic message may move the window. */
  judge(n: number): WindowVerdict {
    if (n > this.#max) return n - this.#max > WINDOW ? 'too-far-ahead' : 'acceptable';
    const behind = this.#max - n;
    if (behind > WINDOW) return 'too-far-behind';
    const word = behind < 32 ? this.#low : this.#high;
    return (word >>> (behind & 31)) & 1 ? 'replayed' : 'acceptable';
  }

  /** Marks `n`, which was judged acceptable and whose message was authentic. */
  commit(n: number): void {
    if (n > this.#max) {
      this.#shift(n - this.#max);
      this.#max = n;
    }
    const behind = this.#max - n;
    if (behind < 32) this.#low |= 1 << behind;
    else this.#high |= 1 << (behind & 31);
  }

  /** Shifts the bitmap left by `count` (1 … 32). A shift by 32 would do nothing in JavaScript, so it moves the word. */
  #shift(count: number): void {
    if (count === 32) {
      this.#high = this.#low;
      this.#low = 0;
      return;
    }
    this.#high = (this.#high << count) | (this.#low >>> (32 - count));
    this.#low <<= count;
  }
}
