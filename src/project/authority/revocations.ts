import { type Clock, delay, nowSeconds } from '../../kernel/index.ts';
import type { Identifier } from '../../trust/identity/index.ts';
import type { NumberedRevocation, Revocation, RevocationStore } from './revocation-store.ts';

/** Ours: how many one authority takes back at a time; its members are fewer. */
export const MAX_REVOCATIONS = 100_000;
/** Ours: how many one answer tells. */
export const MAX_TOLD = 1000;
/** Ours: how long an issuer waits for the second of a revocation to be over, milliseconds; longer only when the clock went back. */
const LONGEST_WAIT_MS = 2000;

/** What an authority has taken back, and who waits to hear of more. */
export class Revocations {
  readonly #issuer: Identifier;
  readonly #store: RevocationStore;
  readonly #clock: Clock;
  /** How long credentials may have been valid, seconds. */
  readonly #lifeSeconds: number;
  readonly #onRevoked: ((revocation: Revocation) => void) | undefined;
  readonly #waiting = new Set<() => void>();
  readonly #leaving = new Set<Identifier>();

  constructor(options: {
    readonly issuer: Identifier;
    readonly store: RevocationStore;
    readonly clock: Clock;
    readonly lifeSeconds: number;
    /** Told of each, after it was stored. Must not throw. */
    readonly onRevoked?: ((revocation: Revocation) => void) | undefined;
  }) {
    this.#issuer = options.issuer;
    this.#store = options.store;
    this.#clock = options.clock;
    this.#lifeSeconds = options.lifeSeconds;
    this.#onRevoked = options.onRevoked;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Whether there is room for one more. */
  async hasRoom(): Promise<boolean> {
    await this.#store.deleteEnded(nowSeconds(this.#clock));
    return (await this.#store.count(this.#issuer)) < MAX_REVOCATIONS;
  }

  /** Takes back all that was attested about `subject` until now, and tells who waits. */
  async add(subject: Identifier): Promise<void> {
    const revokedAtSeconds = nowSeconds(this.#clock);
    const endsAtSeconds = revokedAtSeconds + this.#lifeSeconds + 1;
    const revocation: Revocation = { issuer: this.#issuer, subject, revokedAtSeconds, endsAtSeconds };
    await this.#store.put(revocation);
    this.#onRevoked?.(revocation);
    this.wake();
  }

  /**
   * Takes back all that was attested about `subject` until now, then lets `change` take away what it was attested for. In this order:
   * whatever fails or stops in between can be done again, and nothing that was taken away stays attested.
   */
  async removing<T>(subject: Identifier, change: () => Promise<T>): Promise<T> {
    this.#leaving.add(subject);
    try {
      await this.add(subject);
      return await change();
    } finally {
      this.#leaving.delete(subject);
    }
  }

  /** Whether {@link removing} is at work on `subject`: what is issued to it now may be younger than the revocation. */
  isLeaving(subject: Identifier): boolean {
    return this.#leaving.has(subject);
  }

  /**
   * Resolves when what is issued about `subject` now is not taken back with what was before, which takes at most a second; false when
   * the clock stands before a revocation.
   */
  async mayIssue(subject: Identifier): Promise<boolean> {
    const revocation = await this.#store.get(this.#issuer, subject);
    if (revocation === undefined) return true;
    const waitMs = (revocation.revokedAtSeconds + 1) * 1000 - this.#clock.nowMs();
    if (waitMs <= 0) return true;
    if (waitMs > LONGEST_WAIT_MS) return false;
    await delay(this.#clock, waitMs);
    return nowSeconds(this.#clock) > revocation.revokedAtSeconds;
  }

  /** Those that came after number `after`, {@link MAX_TOLD} at most; waits up to `waitMs` for the first one. */
  async after(after: number, waitMs: number): Promise<readonly NumberedRevocation[]> {
    const { promise: enough, resolve } = Promise.withResolvers<void>();
    // Waits before the store is asked: one that comes between the two must not be missed.
    this.#waiting.add(resolve);
    const cancel = this.#clock.schedule(waitMs, resolve);
    try {
      const found = await this.#store.list(this.#issuer, after, MAX_TOLD);
      if (found.length > 0) return found;
      await enough;
      return await this.#store.list(this.#issuer, after, MAX_TOLD);
    } finally {
      cancel();
      this.#waiting.delete(resolve);
    }
  }

  /** Lets everybody who waits go. */
  wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}
