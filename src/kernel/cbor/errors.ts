import { CodedError } from '../errors/index.ts';

/** Why bytes are not the CBOR that was asked for, or a value cannot be written as CBOR. */
export class CborError extends CodedError<
  | 'CBOR_TRUNCATED'
  | 'CBOR_UNEXPECTED_TYPE'
  | 'CBOR_OUT_OF_RANGE'
  | 'CBOR_INVALID_UTF8'
  | 'CBOR_MALFORMED'
  | 'CBOR_TOO_DEEP'
  | 'CBOR_TOO_LONG'
  | 'CBOR_MISSING_FIELD'
> {}
