import { equal } from '../../kernel/index.ts';
import { sha256Hex } from '../crypto/index.ts';
import { type ChangeHistory, decodeChangeHistory, encodeChangeHistory } from './change-history.ts';
import type { Identifier } from './identifier.ts';
import { type RecentBounds, RecentByDigest } from './recent-by-digest.ts';
import { type Identity, type NextTurn, verifyHistoryInTurns } from './verify-history.ts';

/** Ours: so many are known by their bytes, without a hash: a handshake reads the own history and the peer's several times each. */
const LATELY_READ = 4;

/**
 * Verifies histories, the same bytes once: whether the signatures of a history hold never changes, and every handshake asks
 * several times. Only what was verified is remembered, by the hash of all of it. A long one is verified in many turns.
 */
export class VerifiedHistories {
  readonly #verified: RecentByDigest<Identity>;
  readonly #nextTurn: NextTurn;
  readonly #latelyRead: { readonly encoded: Uint8Array; readonly identity: Identity }[] = [];
  #nextRead = 0;

  /** @param bounds in encoded bytes: in memory a history is six times as large, and one that a stranger shows may have 60 KiB. */
  constructor(nextTurn: NextTurn, bounds?: RecentBounds) {
    this.#nextTurn = nextTurn;
    this.#verified = new RecentByDigest(bounds);
  }

  /** @throws {IdentityError} as {@link verifyHistoryInTurns} */
  verify(history: ChangeHistory, expected?: Identifier): Promise<Identity> {
    return this.#recall(encodeChangeHistory(history), () => history, expected);
  }

  /**
   * As {@link verify} of the history that `encoded` holds, which must not change any more.
   * @throws {IdentityError} as {@link decodeChangeHistory}, too
   */
  async verifyEncoded(encoded: Uint8Array, expected?: Identifier): Promise<Identity> {
    for (const last of this.#latelyRead) {
      if ((expected ?? last.identity.identifier) === last.identity.identifier && equal(last.encoded, encoded)) {
        return last.identity;
      }
    }
    const identity = await this.#recall(encoded, () => decodeChangeHistory(encoded), expected);
    this.#latelyRead[this.#nextRead] = { encoded, identity };
    this.#nextRead = (this.#nextRead + 1) % LATELY_READ;
    return identity;
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
