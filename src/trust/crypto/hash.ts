/** SHA-256 (FIPS 180-4), HKDF-SHA256 (RFC 5869) and comparison of secrets. */
import { createHash, hash, hkdfSync, timingSafeEqual } from 'node:crypto';
import { EMPTY } from '../../kernel/index.ts';
import { CryptoError } from './errors.ts';
import { plainBytes } from './plain-bytes.ts';

/** Bytes of a SHA-256 digest. */
export const SHA256_LENGTH = 32;

/** RFC 5869 §2.3: at most 255 blocks. */
const HKDF_MAX_LENGTH = 255 * SHA256_LENGTH;

/** SHA-256 of all `parts` one after the other: 32 bytes, a new array. */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return plainBytes(hash('sha256', only, 'buffer'));
  const state = createHash('sha256');
  for (const part of parts) state.update(part);
  return plainBytes(state.digest());
}

/**
 * HKDF-SHA256, extract and expand: `length` bytes (1 … 8160), a new array.
 * @throws {CryptoError} CRYPTO_INVALID_LENGTH
 */
export function hkdf(salt: Uint8Array, ikm: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  if (!Number.isInteger(length) || length < 1 || length > HKDF_MAX_LENGTH)
    throw new CryptoError('CRYPTO_INVALID_LENGTH', `length is ${length}, outside 1 … ${HKDF_MAX_LENGTH}`);
  return new Uint8Array(hkdfSync('sha256', ikm, salt, info, length));
}

/** `HKDF2(ck, ikm)`: two keys of 32 bytes, separate arrays that the caller owns and wipes. `secure-channel.md` §1.2. */
export function hkdf2(ck: Uint8Array, ikm: Uint8Array): readonly [Uint8Array, Uint8Array] {
  const both = hkdf(ck, ikm, EMPTY, 2 * SHA256_LENGTH);
  const keys = [both.slice(0, SHA256_LENGTH), both.slice(SHA256_LENGTH)] as const;
  both.fill(0);
  return keys;
}

/** Whether `a` and `b` hold the same bytes, in a time that depends only on their lengths. */
export function constantTimeEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
