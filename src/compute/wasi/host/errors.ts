import { CodedError } from '../../../kernel/index.ts';

/** Why directories, arguments or an environment cannot be granted. */
export type WasiErrorCode = 'WASI_BAD_GRANT' | 'WASI_UNSUPPORTED';

/** Raised where a call with a grant is made, before anything runs. */
export class WasiError extends CodedError<WasiErrorCode> {}
