/** What a function and what a whole sequence can end with (`directive.md §5.4`, §5.5). */
import { type CodedError, utf8 } from '../../kernel/index.ts';
import type { ErrorAction, FunctionCall, OnErr } from '../directive/index.ts';

/** An error that a function returned on purpose: its code and its text are meant for the caller. */
export interface FunctionError {
  readonly kind: 'error';
  /** Any 32-bit number. */
  readonly code: number;
  readonly message: string;
}

/** What one function ended with. Everything else (a trap, no such module, a lost Sat) is a rejected promise. */
export type FunctionResult = { readonly kind: 'output'; readonly output: Uint8Array | undefined } | FunctionError;

/** What a sequence ended with. */
export type SequenceOutcome =
  | {
      readonly kind: 'output';
      /** `undefined` when nothing was selected; an empty array is an output. */
      readonly output: Uint8Array | undefined;
      /** Lower-case name → value. */
      readonly headers: ReadonlyMap<string, string>;
    }
  | { readonly kind: 'error'; readonly error: FunctionError; readonly call: FunctionCall }
  | {
      readonly kind: 'failure';
      /** The error that the function's promise was rejected with when that one had a code, else a SequenceError. */
      readonly error: CodedError;
      readonly call: FunctionCall | undefined;
    };

/** Whether `result` counts as an error: code 0 without a message is a success. */
export function isError(result: FunctionResult): result is FunctionError {
  return result.kind === 'error' && (result.code !== 0 || result.message !== '');
}

/** The value that stands for an error in the state when the sequence goes on: JSON without its zero or empty members. */
export function errorState(error: FunctionError): Uint8Array {
  const { code, message } = error;
  return utf8(JSON.stringify({ ...(code !== 0 && { code }), ...(message !== '' && { message }) }));
}

/**
 * What to do after an error with `code`: the first of `rules` that says something decides, and silence means `return`.
 * For a member of a group these are its own rules, then those of the step.
 *
 * Deviation: upstream reads only the rules of the step.
 */
export function actionAfter(code: number, ...rules: readonly (OnErr | undefined)[]): ErrorAction {
  for (const rule of rules) {
    const action = rule && wordFor(rule, code);
    if (action !== undefined) return action;
  }
  return 'return';
}

function wordFor(rule: OnErr, code: number): ErrorAction | undefined {
  if (rule.codes.length === 0) return rule.any;
  return rule.codes.find((entry) => entry.code === code)?.action ?? rule.other;
}
