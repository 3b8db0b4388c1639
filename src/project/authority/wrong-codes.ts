import type { Clock } from '../../kernel/index.ts';

/** Ours: so many wrong codes of one peer within the window, counted from the first; then none of its codes is looked at. */
const MAX_WRONG = 10;
const WINDOW_MS = 600_000;
/** Ours: peers remembered; the one that began first makes room. */
const MAX_PEERS = 4096;

/** Slows down a peer that tries codes. They cannot be guessed, having 256 bits; this keeps trying from being cheap. */
export class WrongCodes {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #peers = new Map<string, { count: number; readonly untilMs: number }>();

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
  }

  /** Whether `peer` has to wait. */
  blocks(peer: string): boolean {
    const wrong = this.#peers.get(peer);
    if (wrong === undefined) return false;
    if (wrong.untilMs > this.#clock.monotonicMs()) return wrong.count >= MAX_WRONG;
    this.#peers.delete(peer);
    return false;
  }

  /** Counts one wrong code of `peer`. */
  count(peer: string): void {
    const wrong = this.#peers.get(peer);
    if (wrong !== undefined) {
      wrong.count++;
      return;
    }
    if (this.#peers.size >= MAX_PEERS) for (const oldest of this.#peers.keys()) if (this.#peers.delete(oldest)) break;
    this.#peers.set(peer, { count: 1, untilMs: this.#clock.monotonicMs() + WINDOW_MS });
  }
}
