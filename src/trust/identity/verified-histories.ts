import { sha256Hex } from '../crypto/index.ts';
import { type ChangeHistory, decodeChangeHistory, encodeChangeHistory } from './change-history.ts';
import type { Identifier } from './identifier.ts';
import { type Identity, verifyHistory } from './verify-history.ts';

/**
 * Ours: how many are remembered, and how many bytes they have encoded; the one that was not asked for the longest goes first. In memory a
 * history is six times as large, and one that a stranger shows may have 60 KiB.
 */
const MAX_REMEMBERED = 1024;
const MAX_BYTES = 1024 * 1024;

/**
 * Verifies histories, the same bytes once: whether the signatures of a history hold never changes, and every handshake asks
 * several times. Only what was verified is remembered, by the hash of all of it.
 */
export class VerifiedHistories {
  readonly #verified = new Map<string, { readonly identity: Identity; readonly bytes: number }>();
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number = MAX_BYTES) {
    this.#maxBytes = maxBytes;
  }

  /** @throws {IdentityError} as {@link verifyHistory} */
  verify(history: ChangeHistory, expected?: Identifier): Identity {
    return this.#recall(encodeChangeHistory(history), () => history, expected);
  }

  /** As {@link verify} of the history that `encoded` holds. @throws {IdentityError} as {@link decodeChangeHistory}, too */
  verifyEncoded(encoded: Uint8Array, expected?: Identifier): Identity {
    return this.#recall(encoded, () => decodeChangeHistory(encoded), expected);
  }

  #recall(encoded: Uint8Array, decoded: () => ChangeHistory, expected: Identifier | undefined): Identity {
    const key = sha256Hex(encoded);
    const known = this.#verified.get(key);
    if (known !== undefined && (expected ?? known.identity.identifier) === known.identity.identifier) {
      this.#verified.delete(key);
      this.#verified.set(key, known);
      return known.identity;
    }
    const identity = verifyHistory(decoded(), expected);
    this.#forget(key);
    this.#verified.set(key, { identity, bytes: encoded.length });
    this.#bytes += encoded.length;
    for (const oldest of this.#verified.keys()) {
      if (this.#verified.size <= MAX_REMEMBERED && this.#bytes <= this.#maxBytes) break;
      this.#forget(oldest);
    }
    return identity;
  }

  #forget(key: string): void {
    this.#bytes -= this.#verified.get(key)?.bytes ?? 0;
    this.#verified.delete(key);
  }
}
