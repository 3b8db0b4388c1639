import { CodedError, type CodedErrorOptions } from '../../kernel/index.ts';

/** Codes of `compute/egress`. A refusal is a value at this room's edge; inside, it crosses the HTTP library as an error. */
export type EgressErrorCode =
  | 'EGRESS_BAD_RULES'
  | 'EGRESS_CONNECT_FAILED'
  | 'EGRESS_DEADLINE'
  | 'EGRESS_OVERLOADED'
  | 'EGRESS_REFUSED'
  | 'EGRESS_RESOLVE_FAILED'
  | 'EGRESS_TOO_LARGE';

/** Raised by this folder. */
export class EgressError extends CodedError<EgressErrorCode> {
  /** Which check failed, for the host's log only; `message` is what a guest may read. */
  readonly detail: string | undefined;

  constructor(code: EgressErrorCode, message: string, options: CodedErrorOptions & { readonly detail?: string } = {}) {
    super(code, message, options);
    this.detail = options.detail;
  }
}
