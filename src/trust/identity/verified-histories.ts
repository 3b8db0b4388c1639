import { toHex } from '../../kernel/index.ts';
import { sha256 } from '../crypto/index.ts';
import { type ChangeHistory, decodeChangeHistory, encodeChangeHistory } from './change-history.ts';
import type { Identifier } from './identifier.ts';
import { type Identity, verifyHistory } from './verify-history.ts';

/** Ours: how many are remembered; the one that was not asked for the longest goes first. */
const MAX_REMEMBERED = 1024;

/**
 * Verifies histories, the same bytes once: whether the signatures of a history hold never changes, and every handshake asks
 * several times. Only what was verified is remembered, by the hash of all of it.
 */
export class VerifiedHistories {
  readonly #verified = new Map<string, Identity>();

  /** @throws {IdentityError} as {@link verifyHistory} */
  verify(history: ChangeHistory, expected?: Identifier): Identity {
    return this.#recall(encodeChangeHistory(history), () => history, expected);
  }

  /** As {@link verify} of the history that `encoded` holds. @throws {IdentityError} as {@link decodeChangeHistory}, too */
  verifyEncoded(encoded: Uint8Array, expected?: Identifier): Identity {
    return this.#recall(encoded, () => decodeChangeHistory(encoded), expected);
  }

  #recall(encoded: Uint8Array, decoded: () => ChangeHistory, expected: Identifier | undefined): Identity {
    const key = toHex(sha256(encoded));
    const known = this.#verified.get(key);
    const identity =
      known !== undefined && (expected ?? known.identifier) === known.identifier
        ? known
        : verifyHistory(decoded(), expected);
    this.#verified.delete(key);
    this.#verified.set(key, identity);
    if (this.#verified.size > MAX_REMEMBERED)
      for (const oldest of this.#verified.keys()) if (this.#verified.delete(oldest)) break;
    return identity;
  }
}
