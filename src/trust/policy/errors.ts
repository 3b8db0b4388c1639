import { CodedError, type CodedErrorOptions } from '../../kernel/errors/index.ts';

/** How far the parsing of a text got. */
export interface ParsedPrefix extends CodedErrorOptions {
  /** The longest beginning that is an expression or tokens of one, as written; absent when there is none. */
  readonly parsed?: string | undefined;
  /** All that follows it, leading blanks included. */
  readonly rest?: string | undefined;
}

/** Why a text or bytes are no policy expression. */
export class PolicyError extends CodedError<'POLICY_SYNTAX' | 'POLICY_MALFORMED' | 'POLICY_TOO_COMPLEX'> {
  readonly parsed: string | undefined;
  readonly rest: string | undefined;

  constructor(code: PolicyError['code'], message: string, options: ParsedPrefix = {}) {
    super(code, message, options);
    this.parsed = options.parsed;
    this.rest = options.rest;
  }
}
