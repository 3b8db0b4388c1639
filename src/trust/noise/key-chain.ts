/** The keys of one direction, one for every 32 counters. `secure-channel.md` §4.2. */
import { EMPTY } from '../../kernel/index.ts';
import { AEAD_KEY_LENGTH, aeadSeal } from '../crypto/index.ts';
import { REKEY_NONCE } from './nonce.ts';

/** Messages under one key. */
export const REKEY_INTERVAL = 32;

const ZEROS = new Uint8Array(AEAD_KEY_LENGTH);

/** `next(k)`, a new array that the caller wipes. */
export function nextKey(key: Uint8Array): Uint8Array {
  return aeadSeal(key, REKEY_NONCE, EMPTY, ZEROS).slice(0, AEAD_KEY_LENGTH);
}

/** The receiver's keys: that of the current interval and of the one before; that of the next is derived when asked for. */
export class ReceiveKeys {
  #previous: Uint8Array | undefined;
  #current: Uint8Array;
  /** Intervals passed. */
  #rekeys = 0;

  /** Takes ownership of `key`. */
  constructor(key: Uint8Array) {
    this.#current = key;
  }

  /** The key of counter `n`; undefined when it is gone or too far ahead. Changes nothing; hand it to `commit` or `dismiss`. */
  select(n: number): Uint8Array | undefined {
    const ahead = Math.floor(n / REKEY_INTERVAL) - this.#rekeys;
    if (ahead === 0) return this.#current;
    if (ahead === 1) return nextKey(this.#current);
    return ahead === -1 ? this.#previous : undefined;
  }

  /** The message that `key` was selected for is authentic: a fresh key becomes the current one. */
  commit(key: Uint8Array): void {
    if (key === this.#current || key === this.#previous) return;
    this.#previous?.fill(0);
    this.#previous = this.#current;
    this.#current = key;
    this.#rekeys += 1;
  }

  /** The message that `key` was selected for is not authentic: a fresh key is wiped. */
  dismiss(key: Uint8Array): void {
    if (key !== this.#current && key !== this.#previous) key.fill(0);
  }

  /** Overwrites all keys. */
  wipe(): void {
    this.#previous?.fill(0);
    this.#current.fill(0);
  }
}
