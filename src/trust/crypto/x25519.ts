/** X25519 key agreement (RFC 7748). `secure-channel.md` §1.1. */
import { diffieHellman, type KeyObject } from 'node:crypto';
import { equal } from '../../kernel/bytes/index.ts';
import { hasCode } from '../../kernel/errors/index.ts';
import { CryptoError } from './errors.ts';
import { plainBytes } from './plain-bytes.ts';
import { importPublicKey, type PrivateKey } from './private-key.ts';

/** Ours: public keys that were parsed lately. Both ends of a handshake use the other's ephemeral key twice, and peers come back. */
const PARSED = 8;
const parsed: { readonly publicKey: Uint8Array; readonly peer: KeyObject }[] = [];
let next = 0;

/**
 * The shared secret of `key` and the peer's raw public key: 32 bytes that the caller owns and wipes.
 *
 * Deviation: the reference goes on with an all-zero result. Here the public keys of low order that cause it are refused, so
 * that a peer cannot force a secret that a third party knows. No honest key has this property.
 * @throws {CryptoError} CRYPTO_WEAK_PUBLIC_KEY, or CRYPTO_INVALID_LENGTH of `publicKey`
 */
export function x25519(key: PrivateKey<'x25519'>, publicKey: Uint8Array): Uint8Array {
  const peer = parsedKey(publicKey);
  try {
    return plainBytes(diffieHellman({ privateKey: key.keyObject, publicKey: peer }));
  } catch (cause) {
    if (!hasCode(cause, 'ERR_OSSL_FAILED_DURING_DERIVATION')) throw cause;
    throw new CryptoError('CRYPTO_WEAK_PUBLIC_KEY', 'public key has a low order', { cause });
  }
}

/** @throws {CryptoError} CRYPTO_INVALID_LENGTH */
function parsedKey(publicKey: Uint8Array): KeyObject {
  for (const known of parsed) if (equal(known.publicKey, publicKey)) return known.peer;
  const peer = importPublicKey('x25519', publicKey);
  parsed[next] = { publicKey: publicKey.slice(), peer };
  next = (next + 1) % PARSED;
  return peer;
}
