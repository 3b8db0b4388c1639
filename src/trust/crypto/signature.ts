/** Ed25519 (RFC 8032, pure) and ECDSA over P-256 with SHA-256. `secure-channel.md` §1.1. */
import { sign as nodeSign, verify as nodeVerify } from 'node:crypto';
import { plainBytes } from './plain-bytes.ts';
import { importPublicKey, type PrivateKey, type SigningAlgorithm } from './private-key.ts';

/** Bytes of a signature: `R ‖ S` for Ed25519, `r ‖ s` (each 32 bytes, big-endian, never DER) for P-256. */
export const SIGNATURE_LENGTH = 64;

/** What each algorithm hashes the message with before the curve operation; Ed25519 does it by itself. */
const DIGEST: Readonly<Record<SigningAlgorithm, string | null>> = { ed25519: null, p256: 'sha256' };
const ENCODING = { dsaEncoding: 'ieee-p1363' } as const;

/**
 * Signs `message`: 64 bytes, a new array.
 *
 * Deviation: the reference derives the nonce of P-256 from key and message (RFC 6979); OpenSSL draws it at random. Both verify
 * alike; only equality of two signatures over one message differs.
 */
export function sign(key: PrivateKey<SigningAlgorithm>, message: Uint8Array): Uint8Array {
  return plainBytes(nodeSign(DIGEST[key.algorithm], message, { key: key.keyObject, ...ENCODING }));
}

/**
 * Whether `signature` is that of `message` under the raw `publicKey`. High `s` values of P-256 are valid: key management
 * services produce them.
 * @throws {CryptoError} CRYPTO_INVALID_LENGTH or CRYPTO_INVALID_KEY when `publicKey` is not a key of `algorithm`
 */
export function verify(
  algorithm: SigningAlgorithm,
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  const key = importPublicKey(algorithm, publicKey);
  if (signature.length !== SIGNATURE_LENGTH) return false;
  return nodeVerify(DIGEST[algorithm], message, { key, ...ENCODING }, signature);
}
