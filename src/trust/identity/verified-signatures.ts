import { concat } from '../../kernel/bytes/index.ts';
import { sha256Hex, type SigningAlgorithm, verify } from '../crypto/index.ts';
import { RecentByDigest } from './recent-by-digest.ts';

/** Ours: how many are remembered; each of them takes the same, whatever the length of its message. */
const MAX_REMEMBERED = 4096;

/** How a signature is checked: the primitive of `crypto/`. */
export type Verify = typeof verify;

/**
 * Verifies signatures, the same one once: whether a signature is that of a key over a message never changes, and a peer shows the
 * same attestation and the same credential in every handshake.
 *
 * Remembered is only that a signature held, under the hash of all that decides it (algorithm, key, message, signature); never
 * that one failed. What the signed bytes mean, whom they concern and until when, every caller asks anew each time.
 */
export class VerifiedSignatures {
  readonly #held: RecentByDigest<true>;
  readonly #verify: Verify;

  constructor(check: Verify = verify, max: number = MAX_REMEMBERED) {
    this.#verify = check;
    this.#held = new RecentByDigest({ count: max });
  }

  /** How many are remembered. */
  get size(): number {
    return this.#held.size;
  }

  /** As {@link verify}. @throws {CryptoError} CRYPTO_INVALID_LENGTH or CRYPTO_INVALID_KEY */
  verify(algorithm: SigningAlgorithm, publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
    const name = nameOf(algorithm, publicKey, message, signature);
    if (this.#held.find(name) === true) return true;
    if (!this.#verify(algorithm, publicKey, message, signature)) return false;
    this.#held.keep(name, true, 0);
    return true;
  }
}

/** The lengths go in as well, so that no two different inputs are the same bytes. */
function nameOf(
  algorithm: SigningAlgorithm,
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): string {
  const head = new Uint8Array(13);
  const view = new DataView(head.buffer);
  head[0] = algorithm === 'ed25519' ? 0 : 1;
  view.setUint32(1, publicKey.length);
  view.setUint32(5, message.length);
  view.setUint32(9, signature.length);
  return sha256Hex(concat(head, publicKey, message, signature));
}
