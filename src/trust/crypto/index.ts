/**
 * The cryptographic primitives of the wire: thin, synchronous, with every length checked.
 *
 * Specification: `docs/protocol/secure-channel.md` §1 · layer 1, no input or output; randomness is passed in.
 * Read: hash.ts, aes-gcm.ts, private-key.ts, signature.ts, x25519.ts.
 * Invariants: plain `Uint8Array` in and out, every failure is a CryptoError, no message carries key material.
 * Vectors: `test/vectors/wycheproof`; a second implementation serves as oracle in the property tests.
 */
export {
  AEAD_KEY_LENGTH,
  AEAD_NONCE_LENGTH,
  AEAD_TAG_LENGTH,
  aeadOpen,
  aeadSeal,
  aeadSealInPlace,
  aeadSealParts,
} from './aes-gcm.ts';
export { CryptoError } from './errors.ts';
export { constantTimeEqual, hkdf, hkdf2, sha256, sha256Hex, SHA256_LENGTH } from './hash.ts';
export {
  generateSecret,
  importPrivateKey,
  type KeyAlgorithm,
  type PrivateKey,
  PUBLIC_KEY_LENGTH,
  SECRET_LENGTH,
  type SigningAlgorithm,
} from './private-key.ts';
export { sign, SIGNATURE_LENGTH, verify } from './signature.ts';
export { x25519 } from './x25519.ts';
