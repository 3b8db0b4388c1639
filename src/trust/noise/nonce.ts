/**
 * Counters as AEAD nonces. `secure-channel.md` §1.3.
 *
 * Deviation: counters are 64 bits on the wire and numbers up to 2⁵³ − 1 here. Both ends count from 0 by ones, so a peer could
 * pass 2⁵³ − 1 only after 285 years of a million messages a second; a larger value on the wire is a forgery.
 */
import { AEAD_NONCE_LENGTH } from '../crypto/index.ts';

/** Bytes of a counter on the wire. */
export const COUNTER_LENGTH = 8;
/** The highest counter that is ever used. */
export const MAX_COUNTER: number = Number.MAX_SAFE_INTEGER;

/** Where the counter stands inside the AEAD nonce: behind four zero bytes. */
const COUNTER_OFFSET: number = AEAD_NONCE_LENGTH - COUNTER_LENGTH;
const TWO_POW_32 = 2 ** 32;

/** The nonce that derives the next key and never encrypts a message: counter 2⁶⁴ − 1. Shared, not to be written to. */
export const REKEY_NONCE: Uint8Array = new Uint8Array(AEAD_NONCE_LENGTH).fill(0xff, COUNTER_OFFSET);

/** One reusable AEAD nonce, so that the hot path allocates none. */
export class NonceBuffer {
  /** The 12 bytes of the AEAD nonce; they change with every call. */
  readonly bytes: Uint8Array = new Uint8Array(AEAD_NONCE_LENGTH);
  /** The last 8 of them: the counter as it is on the wire. */
  readonly counter: Uint8Array = this.bytes.subarray(COUNTER_OFFSET);
  readonly #view = new DataView(this.counter.buffer, COUNTER_OFFSET, COUNTER_LENGTH);

  /** Sets the nonce of counter `n` (0 … 2⁵³ − 1). */
  set(n: number): void {
    this.#view.setUint32(0, Math.floor(n / TWO_POW_32));
    this.#view.setUint32(4, n % TWO_POW_32);
  }

  /** Sets the nonce from the first 8 bytes of `message`; the counter, or a value above `MAX_COUNTER`, then inexact. */
  read(message: Uint8Array): number {
    this.counter.set(message.subarray(0, COUNTER_LENGTH));
    return this.#view.getUint32(0) * TWO_POW_32 + this.#view.getUint32(4);
  }
}
