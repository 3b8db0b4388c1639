/** SHA-256 (FIPS 180-4), HKDF-SHA256 (RFC 5869) and comparison of secrets. */
import { createHash, hash, hkdfSync, timingSafeEqual } from 'node:crypto';
import { EMPTY, fromHex } from '../../kernel/bytes/index.ts';
import { CryptoError } from './errors.ts';

/** Bytes of a SHA-256 digest. */
export const SHA256_LENGTH = 32;

/** RFC 5869 §2.3: at most 255 blocks. */
const HKDF_MAX_LENGTH = 255 * SHA256_LENGTH;

/** Ours: up to so many bytes are joined before they are hashed, which costs less than an object that hashes piece by piece. */
const JOINED_LENGTH = 1024;
const joined = new Uint8Array(JOINED_LENGTH);

/** SHA-256 of all `parts` one after the other: 32 bytes, a new array. */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts;
  // By way of hex, because an array of 32 bytes lies in the heap of V8, and a Buffer has memory of its own that is to be freed.
  if (only !== undefined && parts.length === 1) return fromHex(sha256Hex(only));
  let length = 0;
  for (const part of parts) {
    if (length + part.length <= JOINED_LENGTH) joined.set(part, length);
    length += part.length;
  }
  if (length <= JOINED_LENGTH) {
    const filled = joined.subarray(0, length);
    const digest = sha256Hex(filled);
    filled.fill(0);
    return fromHex(digest);
  }
  const state = createHash('sha256');
  for (const part of parts) state.update(part);
  return fromHex(state.digest('hex'));
}

/** SHA-256 of `bytes` in lower-case hex, for names and keys of maps: a third of the cost of an array. */
export function sha256Hex(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'hex');
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

/** `HKDF2(ck, ikm)`: two keys of 32 bytes, side by side in one memory, that the caller owns and wipes each. `secure-channel.md` §1.2. */
export function hkdf2(ck: Uint8Array, ikm: Uint8Array): readonly [Uint8Array, Uint8Array] {
  const both = hkdf(ck, ikm, EMPTY, 2 * SHA256_LENGTH);
  return [both.subarray(0, SHA256_LENGTH), both.subarray(SHA256_LENGTH)];
}

/** Whether `a` and `b` hold the same bytes, in a time that depends only on their lengths. */
export function constantTimeEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
