/** Errors of this folder. */
import { CodedError } from '../../kernel/index.ts';

/** Why a sequence ended without a result, apart from errors that a function returned on purpose. */
export class SequenceError extends CodedError<
  | 'SEQUENCE_ABORTED'
  | 'SEQUENCE_DEADLINE'
  | 'SEQUENCE_FUNCTION_FAILED'
  | 'SEQUENCE_GROUP_TIMEOUT'
  | 'SEQUENCE_STATE_MISSING'
  | 'SEQUENCE_STATE_TOO_LARGE'
> {}
