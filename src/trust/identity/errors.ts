import { CborError, type CborReader } from '../../kernel/cbor/index.ts';
import { CodedError, type CodedErrorOptions } from '../../kernel/errors/index.ts';

/** Every reason this folder raises; the first block names what a peer's data failed, the second what is wrong on our side. */
export type IdentityErrorCode =
  | 'IDENTITY_INVALID_IDENTIFIER'
  | 'IDENTITY_DECODE_FAILED'
  | 'IDENTITY_TOO_LONG'
  | 'IDENTITY_UNKNOWN_VERSION'
  | 'IDENTITY_INVALID_DATA_TYPE'
  | 'IDENTITY_INVALID_ATTESTATION_DATA_TYPE'
  | 'IDENTITY_SIGNATURE_TYPE_MISMATCH'
  | 'IDENTITY_INVALID_PUBLIC_KEY'
  | 'IDENTITY_VERIFICATION_FAILED'
  | 'IDENTITY_ATTESTATION_FAILED'
  | 'IDENTITY_INCONSISTENT'
  | 'IDENTITY_UNKNOWN'
  | 'IDENTITY_WRONG_SECRET_KEY'
  | 'IDENTITY_EXPIRED'
  | 'IDENTITY_STORE_CONTENTION';

/** Why an identity, a change history or a purpose key attestation is refused or cannot be made. */
export class IdentityError extends CodedError<IdentityErrorCode> {
  /** The row of the tables in identity.md §8 that failed, as `8.1/7`; absent for errors that are no such check. */
  readonly check: string | undefined;

  constructor(
    code: IdentityErrorCode,
    message: string,
    options: CodedErrorOptions & { readonly check?: string | undefined } = {},
  ) {
    super(code, options.check === undefined ? message : `${message} (check ${options.check})`, options);
    this.check = options.check;
  }
}

/**
 * Runs `read` and renames what the CBOR reader raises, so that callers see one code for undecodable input.
 * @throws {IdentityError} IDENTITY_DECODE_FAILED
 */
export function decoding<T>(what: string, read: () => T, check?: string): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof CborError)) throw cause;
    throw new IdentityError('IDENTITY_DECODE_FAILED', `the ${what} does not decode: ${cause.message}`, {
      cause,
      check,
    });
  }
}

/** A copy of the next byte string, so that decoded objects never share memory with a transport's buffer. */
export function readOwnedBytes(reader: CborReader, exact?: number): Uint8Array {
  return new Uint8Array(reader.bytes(exact));
}
