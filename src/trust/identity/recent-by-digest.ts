/** Ours: how many are remembered, and how many bytes those were that they stand for. */
const MAX_REMEMBERED = 1024;
const MAX_BYTES = 1024 * 1024;

/** How much is remembered at once. */
export interface RecentBounds {
  /** 1024 unless given. */
  readonly count?: number;
  /** Sum of what {@link RecentByDigest.keep} is told, 1 MiB unless given. */
  readonly bytes?: number;
}

interface Remembered<V> {
  readonly value: V;
  readonly bytes: number;
}

/**
 * What follows from bytes alone, under the digest of these bytes: whoever shows the same ones again need not be asked all of it
 * again. Bounded, because strangers decide what is in it: what was not asked for the longest goes first.
 *
 * A digest is the SHA-256 in hex of all that decides the value; only a value that would come out the same at any time, for
 * whoever asks, may be kept.
 */
export class RecentByDigest<V> {
  /** The one that was not asked for the longest comes first. */
  readonly #remembered = new Map<string, Remembered<V>>();
  readonly #maxCount: number;
  readonly #maxBytes: number;
  #bytes = 0;

  constructor({ count = MAX_REMEMBERED, bytes = MAX_BYTES }: RecentBounds = {}) {
    this.#maxCount = count;
    this.#maxBytes = bytes;
  }

  /** How many are remembered. */
  get size(): number {
    return this.#remembered.size;
  }

  /** The value kept under `digest`, which has been asked for with this; undefined when it is not remembered. */
  find(digest: string): V | undefined {
    const found = this.#remembered.get(digest);
    if (found === undefined) return undefined;
    this.#remembered.delete(digest);
    this.#remembered.set(digest, found);
    return found.value;
  }

  /**
   * Remembers `value` under `digest`, in place of the one that is there.
   * @param bytes how much it counts; one that counts more than all together may is not remembered.
   */
  keep(digest: string, value: V, bytes: number): void {
    this.#forget(digest);
    // Else it would make all others go, and then go itself.
    if (bytes > this.#maxBytes) return;
    this.#remembered.set(digest, { value, bytes });
    this.#bytes += bytes;
    for (const oldest of this.#remembered.keys()) {
      if (this.#remembered.size <= this.#maxCount && this.#bytes <= this.#maxBytes) return;
      this.#forget(oldest);
    }
  }

  #forget(digest: string): void {
    this.#bytes -= this.#remembered.get(digest)?.bytes ?? 0;
    this.#remembered.delete(digest);
  }
}
