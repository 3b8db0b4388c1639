/** AES-256-GCM with a 12-byte nonce and the 16-byte tag behind the ciphertext. `secure-channel.md` §1.3. */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { CryptoError, requireLength } from './errors.ts';
import { plainBytes } from './plain-bytes.ts';

/** Bytes of an AES-256-GCM key. */
export const AEAD_KEY_LENGTH = 32;
/** Bytes of an AES-256-GCM nonce. */
export const AEAD_NONCE_LENGTH = 12;
/** Bytes of an AES-256-GCM tag. */
export const AEAD_TAG_LENGTH = 16;

const ALGORITHM = 'aes-256-gcm';

/**
 * Encrypts: `ciphertext ‖ tag`, a new array.
 * @throws {CryptoError} CRYPTO_INVALID_LENGTH of `key` or `nonce`
 */
export function aeadSeal(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Uint8Array {
  requireKeyAndNonce(key, nonce);
  const cipher = createCipheriv(ALGORITHM, key, nonce);
  if (aad.length > 0) cipher.setAAD(aad);
  const sealed = new Uint8Array(plaintext.length + AEAD_TAG_LENGTH);
  sealed.set(cipher.update(plaintext));
  cipher.final();
  sealed.set(cipher.getAuthTag(), plaintext.length);
  return sealed;
}

/**
 * Encrypts, without associated data, the `length` bytes at `offset` of `frame` where they stand, and puts the tag behind them.
 * @throws {CryptoError} CRYPTO_INVALID_LENGTH of `key`, `nonce` or the room in `frame`
 */
export function aeadSealInPlace(
  key: Uint8Array,
  nonce: Uint8Array,
  frame: Uint8Array,
  offset: number,
  length: number,
): void {
  requireKeyAndNonce(key, nonce);
  const end = offset + length;
  if (!(offset >= 0 && length >= 0 && end + AEAD_TAG_LENGTH <= frame.length))
    throw new CryptoError('CRYPTO_INVALID_LENGTH', `frame has ${frame.length} bytes, the tag begins at ${end}`);
  const cipher = createCipheriv(ALGORITHM, key, nonce);
  frame.set(cipher.update(frame.subarray(offset, end)), offset);
  cipher.final();
  frame.set(cipher.getAuthTag(), end);
}

/**
 * Encrypts, without associated data, the concatenation of `parts`: the ciphertext of each in an array of its own, then the tag.
 * Nothing is joined or copied, so a large part costs one pass.
 * @throws {CryptoError} CRYPTO_INVALID_LENGTH of `key` or `nonce`
 */
export function aeadSealParts(key: Uint8Array, nonce: Uint8Array, parts: readonly Uint8Array[]): Uint8Array[] {
  requireKeyAndNonce(key, nonce);
  const cipher = createCipheriv(ALGORITHM, key, nonce);
  const sealed: Uint8Array[] = parts.map((part) => cipher.update(part));
  cipher.final();
  sealed.push(cipher.getAuthTag());
  return sealed;
}

/**
 * Decrypts `ciphertext ‖ tag`: the plaintext, a new array that the caller owns.
 * @throws {CryptoError} CRYPTO_AUTHENTICATION_FAILED, or CRYPTO_INVALID_LENGTH of `key`, `nonce` or a `sealed` below 16 bytes
 */
export function aeadOpen(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Uint8Array {
  requireKeyAndNonce(key, nonce);
  const end = sealed.length - AEAD_TAG_LENGTH;
  if (end < 0) throw new CryptoError('CRYPTO_INVALID_LENGTH', `sealed has ${sealed.length} bytes, less than its tag`);
  const decipher = createDecipheriv(ALGORITHM, key, nonce);
  decipher.setAuthTag(sealed.subarray(end));
  if (aad.length > 0) decipher.setAAD(aad);
  const plaintext = decipher.update(sealed.subarray(0, end));
  try {
    decipher.final();
  } catch (cause) {
    throw new CryptoError('CRYPTO_AUTHENTICATION_FAILED', 'the tag does not fit the ciphertext', { cause });
  }
  return plainBytes(plaintext);
}

function requireKeyAndNonce(key: Uint8Array, nonce: Uint8Array): void {
  requireLength('key', key, AEAD_KEY_LENGTH);
  requireLength('nonce', nonce, AEAD_NONCE_LENGTH);
}
