import { CodedError } from '../../kernel/index.ts';

/** Why an attempt came to nothing. */
export class SessionError extends CodedError<'SESSION_TIMED_OUT'> {}
