import type { Identifier } from './identifier.ts';
import type { Identity } from './verify-history.ts';

/** Ours: so many histories of strangers are stored at once, and then one each so many milliseconds. */
const MAX_BURST = 1000;
const REFILL_MS = 6000;
/** Ours: encoded bytes of the histories of strangers that are kept in memory instead. */
const MAX_BYTES = 4 * 1024 * 1024;

/**
 * Keeps strangers from filling the store: where everybody may open a channel, an identity costs its maker nothing, and its history may
 * have 60 KiB. The histories of so many that no honest crowd comes near them are stored; those of more are known as long as
 * there is room for them in memory, the one that was met the longest ago goes first.
 */
export class Strangers {
  readonly #met = new Map<Identifier, { readonly identity: Identity; readonly bytes: number }>();
  #bytes = 0;
  #tokens = MAX_BURST;
  #refilledMs: number | undefined;

  /** Whether the history of one more may be stored now; if so it counts. @param nowMs milliseconds since 1970. */
  admit(nowMs: number): boolean {
    const sinceMs = nowMs - (this.#refilledMs ?? nowMs);
    // A clock that went back gives nothing.
    if (this.#refilledMs === undefined || sinceMs < 0) this.#refilledMs = nowMs;
    else {
      const refilled = Math.floor(sinceMs / REFILL_MS);
      this.#tokens = Math.min(MAX_BURST, this.#tokens + refilled);
      this.#refilledMs += refilled * REFILL_MS;
    }
    if (this.#tokens === 0) return false;
    this.#tokens--;
    return true;
  }

  /** Keeps `identity`, whose history has `bytes` bytes. */
  keep(identity: Identity, bytes: number): void {
    this.forget(identity.identifier);
    this.#met.set(identity.identifier, { identity, bytes });
    this.#bytes += bytes;
    for (const oldest of this.#met.keys()) {
      if (this.#bytes <= MAX_BYTES) return;
      this.forget(oldest);
    }
  }

  find(identifier: Identifier): Identity | undefined {
    return this.#met.get(identifier)?.identity;
  }

  /** It is stored now, or not to be known any more. @returns whether it was kept here. */
  forget(identifier: Identifier): boolean {
    this.#bytes -= this.#met.get(identifier)?.bytes ?? 0;
    return this.#met.delete(identifier);
  }
}
