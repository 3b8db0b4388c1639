import { CodedError } from '../../kernel/errors/index.ts';

/** Why a primitive refused its input. Never carries key material; the message names the parameter. */
export class CryptoError extends CodedError<
  'CRYPTO_INVALID_LENGTH' | 'CRYPTO_INVALID_KEY' | 'CRYPTO_WEAK_PUBLIC_KEY' | 'CRYPTO_AUTHENTICATION_FAILED'
> {}

/**
 * Guards a parameter of fixed size.
 * @throws {CryptoError} CRYPTO_INVALID_LENGTH
 */
export function requireLength(parameter: string, bytes: Uint8Array, length: number): void {
  if (bytes.length === length) return;
  throw new CryptoError('CRYPTO_INVALID_LENGTH', `${parameter} has ${bytes.length} bytes instead of ${length}`);
}
