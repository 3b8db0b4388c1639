import { CodedError } from '../../kernel/index.ts';

/** Codes of `compute/capability`. What a function may not do is a value, never one of these. */
export type CapabilityErrorCode = 'CAPABILITY_MALFORMED_GRANTS' | 'CAPABILITY_BAD_LIMIT';

/** Raised by this folder. */
export class CapabilityError extends CodedError<CapabilityErrorCode> {}
