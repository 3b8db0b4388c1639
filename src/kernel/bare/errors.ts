import { CodedError } from '../errors/index.ts';

/** Why bytes are not the BARE value that was asked for, or a value cannot be written as BARE. */
export class BareError extends CodedError<'BARE_TRUNCATED' | 'BARE_OUT_OF_RANGE' | 'BARE_INVALID_UTF8'> {}
