import { CodedError } from '../../kernel/index.ts';

/** Why there is no profile. */
export class ProfileError extends CodedError<'PROFILE_BUSY' | 'PROFILE_FAILED'> {}
