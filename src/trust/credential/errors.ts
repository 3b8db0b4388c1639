import { CborError } from '../../kernel/cbor/index.ts';
import { CodedError, type CodedErrorOptions } from '../../kernel/index.ts';

/** Every reason this folder raises. */
export type CredentialErrorCode =
  | 'CREDENTIAL_DECODE_FAILED'
  | 'CREDENTIAL_TOO_LONG'
  | 'CREDENTIAL_UNKNOWN_AUTHORITY'
  | 'CREDENTIAL_INVALID_KEY_TYPE'
  | 'CREDENTIAL_INVALID_KEY_DATA'
  | 'CREDENTIAL_UNKNOWN_VERSION'
  | 'CREDENTIAL_INVALID_DATA_TYPE'
  | 'CREDENTIAL_VERIFICATION_FAILED'
  | 'CREDENTIAL_REVOKED';

/** Why a credential or a handshake payload is refused or cannot be made. */
export class CredentialError extends CodedError<CredentialErrorCode> {
  /** The row of the tables in identity.md §8.4 and §11.1 that failed, as `8.4/4`; absent for errors that are no such check. */
  readonly check: string | undefined;

  constructor(
    code: CredentialErrorCode,
    message: string,
    options: CodedErrorOptions & { readonly check?: string | undefined } = {},
  ) {
    super(code, options.check === undefined ? message : `${message} (check ${options.check})`, options);
    this.check = options.check;
  }
}

/**
 * Runs `read` and renames what the CBOR reader raises, so that callers see one code for undecodable input.
 * @throws {CredentialError} CREDENTIAL_DECODE_FAILED
 */
export function decoding<T>(what: string, read: () => T, check?: string): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof CborError)) throw cause;
    throw new CredentialError('CREDENTIAL_DECODE_FAILED', `the ${what} does not decode: ${cause.message}`, {
      cause,
      check,
    });
  }
}
