import { sha256Hex } from '../crypto/index.ts';
import { type ChangeHistory, decodeChangeHistory, encodeChangeHistory } from './change-history.ts';
import type { Identifier } from './identifier.ts';
import { type RecentBounds, RecentByDigest } from './recent-by-digest.ts';
import { type Identity, type NextTurn, verifyHistoryInTurns } from './verify-history.ts';

/**
 * Verifies histories, the same bytes once: whether the signatures of a history hold never changes, and every handshake asks
 * several times. Only what was verified is remembered, by the hash of all of it. A long one is verified in many turns.
 */
export class VerifiedHistories {
  readonly #verified: RecentByDigest<Identity>;
  readonly #nextTurn: NextTurn;

  /** @param bounds in encoded bytes: in memory a history is six times as large, and one that a stranger shows may have 60 KiB. */
  constructor(nextTurn: NextTurn, bounds?: RecentBounds) {
    this.#nextTurn = nextTurn;
    this.#verified = new RecentByDigest(bounds);
  }

  /** @throws {IdentityError} as {@link verifyHistoryInTurns} */
  verify(history: ChangeHistory, expected?: Identifier): Promise<Identity> {
    return this.#recall(encodeChangeHistory(history), () => history, expected);
  }

  /** As {@link verify} of the history that `encoded` holds. @throws {IdentityError} as {@link decodeChangeHistory}, too */
  verifyEncoded(encoded: Uint8Array, expected?: Identifier): Promise<Identity> {
    return this.#recall(encoded, () => decodeChangeHistory(encoded), expected);
  }

  async #recall(
    encoded: Uint8Array,
    decoded: () => ChangeHistory,
    expected: Identifier | undefined,
  ): Promise<Identity> {
    const digest = sha256Hex(encoded);
    const known = this.#verified.find(digest);
    if (known !== undefined && (expected ?? known.identifier) === known.identifier) return known;
    const identity = await verifyHistoryInTurns(decoded(), expected, this.#nextTurn);
    this.#verified.keep(digest, identity, encoded.length);
    return identity;
  }
}
