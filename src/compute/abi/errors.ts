import { CodedError } from '../../kernel/index.ts';

/** Why a module cannot be a guest of this ABI (`runnable-abi.md` §3, §6). */
export type AbiErrorCode = 'ABI_MISSING_EXPORT' | 'ABI_UNKNOWN_IMPORT' | 'ABI_BAD_SIGNATURE' | 'ABI_BAD_POINTER';

/** Raised when a module is examined; `ABI_BAD_POINTER` when its allocator returns a pointer outside of the memory. */
export class AbiError extends CodedError<AbiErrorCode> {}
