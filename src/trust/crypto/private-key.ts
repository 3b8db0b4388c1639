/** Private and public keys in their raw forms. `secure-channel.md` §1.1. */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { compare, fromHex } from '../../kernel/bytes/index.ts';
import { quoted } from '../../kernel/errors/index.ts';
import type { RandomSource } from '../../kernel/index.ts';
import { CryptoError, requireLength } from './errors.ts';
import { plainBytes } from './plain-bytes.ts';

/** Algorithms of the keys that sign. */
export type SigningAlgorithm = 'ed25519' | 'p256';
/** Algorithms of all key pairs. */
export type KeyAlgorithm = SigningAlgorithm | 'x25519';

/** Bytes of a secret: Ed25519 seed, P-256 scalar (big-endian) or X25519 scalar. */
export const SECRET_LENGTH = 32;
/** Bytes of a raw public key: P-256 in the uncompressed form `04 ‖ X ‖ Y`. */
export const PUBLIC_KEY_LENGTH: Readonly<Record<KeyAlgorithm, number>> = { ed25519: 32, p256: 65, x25519: 32 };

/** First byte of an uncompressed point; OpenSSL would also take the hybrid forms 06 and 07. */
const UNCOMPRESSED = 0x04;
/** The order of P-256 (FIPS 186-5): a scalar is in 1 … order − 1, which the import of OpenSSL does not check. */
const P256_ORDER = fromHex('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');
const ZERO = new Uint8Array(SECRET_LENGTH);
/** A true random source misses the range of P-256 once in 2³² draws; this many misses in a row mean that it is broken. */
const MAX_DRAWS = 8;

const IMPORT = {
  ed25519: { asymmetricKeyType: 'ed25519' },
  p256: { asymmetricKeyType: 'ec', namedCurve: 'P-256' },
  x25519: { asymmetricKeyType: 'x25519' },
} as const;

/** A private key, parsed once and ready for use. Its secret cannot be read back; the memory is cleared when it is collected. */
export interface PrivateKey<A extends KeyAlgorithm = KeyAlgorithm> {
  readonly algorithm: A;
  /** Raw public key; shared, not to be written to. */
  readonly publicKey: Uint8Array;
  readonly keyObject: KeyObject;
}

/**
 * The private key of `secret`; the caller keeps and wipes `secret`.
 * @throws {CryptoError} CRYPTO_INVALID_LENGTH, or CRYPTO_INVALID_KEY for a P-256 scalar outside 1 … order − 1
 */
export function importPrivateKey<A extends KeyAlgorithm>(algorithm: A, secret: Uint8Array): PrivateKey<A> {
  requireLength('secret', secret, SECRET_LENGTH);
  if (algorithm === 'p256' && !isP256Scalar(secret))
    throw new CryptoError('CRYPTO_INVALID_KEY', 'secret is not a scalar of P-256');
  const keyObject = createPrivateKey({ key: secret, format: 'raw-private', ...IMPORT[algorithm] });
  const publicKey = plainBytes(createPublicKey(keyObject).export({ format: 'raw-public' }));
  return { algorithm, publicKey, keyObject };
}

/**
 * A fresh secret for `algorithm` drawn from `random`: 32 bytes that the caller owns and wipes.
 * @throws {CryptoError} CRYPTO_INVALID_KEY when the source yields no usable bytes, CRYPTO_INVALID_LENGTH when it yields too few
 */
export function generateSecret(algorithm: KeyAlgorithm, random: RandomSource): Uint8Array {
  for (let draw = 0; draw < MAX_DRAWS; draw++) {
    const secret = random(SECRET_LENGTH);
    requireLength('random bytes', secret, SECRET_LENGTH);
    if (algorithm !== 'p256' || isP256Scalar(secret)) return secret;
  }
  throw new CryptoError('CRYPTO_INVALID_KEY', `the random source yielded no scalar of P-256 in ${MAX_DRAWS} draws`);
}

/**
 * The parsed form of a raw public key.
 * @throws {CryptoError} CRYPTO_INVALID_LENGTH, or CRYPTO_INVALID_KEY for a P-256 point not on the curve or not uncompressed
 */
export function importPublicKey(algorithm: KeyAlgorithm, publicKey: Uint8Array): KeyObject {
  requireLength('public key', publicKey, PUBLIC_KEY_LENGTH[algorithm]);
  if (algorithm === 'p256' && publicKey[0] !== UNCOMPRESSED)
    throw new CryptoError('CRYPTO_INVALID_KEY', `public key is not an uncompressed point: ${quoted(publicKey[0])}`);
  try {
    return createPublicKey({ key: publicKey, format: 'raw-public', ...IMPORT[algorithm] });
  } catch (cause) {
    throw new CryptoError('CRYPTO_INVALID_KEY', `public key is not a key of ${algorithm}`, { cause });
  }
}

/** The comparison stops early: it leaks at most how long a random scalar agrees with a constant, and nothing once accepted. */
function isP256Scalar(secret: Uint8Array): boolean {
  return compare(secret, ZERO) > 0 && compare(secret, P256_ORDER) < 0;
}
