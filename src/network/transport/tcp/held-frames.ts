/** What holds memory for a frame that is not done with: more of it is to come, or the peer does not take it. */
export interface FrameHolder {
  /** Gives the frame up, and what it came by. */
  readonly giveUp: () => void;
}

/**
 * Bounds the memory that frames of all connections take together while they are held: unfinished ones on their way in, since each may be
 * 16 MiB and a peer need not go on with what it has begun; on their way out those that peers do not take. When it is too much, the frame
 * that was held first is given up: those of honest peers are done soon.
 */
export class HeldFrames {
  readonly #maxBytes: number;
  /** In the order in which they began. */
  readonly #held = new Map<FrameHolder, number>();
  #total = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The frame of `holder` has `bytes` bytes now. */
  hold(holder: FrameHolder, bytes: number): void {
    this.#total += bytes - (this.#held.get(holder) ?? 0);
    this.#held.set(holder, bytes);
    for (const oldest of this.#held.keys()) {
      if (this.#total <= this.#maxBytes) return;
      this.release(oldest);
      oldest.giveUp();
    }
  }

  /** The frame of `holder` is done with, or given up. */
  release(holder: FrameHolder): void {
    this.#total -= this.#held.get(holder) ?? 0;
    this.#held.delete(holder);
  }
}
