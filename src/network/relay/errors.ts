import { CodedError } from '../../kernel/index.ts';

/** Why a relay could not be had. */
export class RelayError extends CodedError<'RELAY_NOT_CONFIRMED' | 'RELAY_INVALID_NAME' | 'RELAY_UNREACHABLE'> {}
