import { CodedError } from '../../kernel/index.ts';

/** Raised by what a Sat keeps on disk, and told to its gateway as the reason why a function cannot run here. */
export class SatError extends CodedError<
  'SAT_CACHE_UNUSABLE' | 'SAT_CLOSED' | 'SAT_MODULE_TOO_LARGE' | 'SAT_MODULE_UNAVAILABLE' | 'SAT_WELCOME_TIMED_OUT'
> {}
