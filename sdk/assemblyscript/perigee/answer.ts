/** Answers of the host that may be a refusal (`runnable-abi.md` §6.3). */
import { currentCall } from './abi';
import { get_ffi_result } from './env';
import { textOf } from './utf8';

/** What the host answered: a value, or why there is none. */
export class Answer {
  private constructor(
    /** Whether there is a value. */
    readonly ok: bool,
    private readonly content: Uint8Array,
    /** Why there is no value; empty when there is one. */
    readonly error: string,
  ) {}

  static of(value: Uint8Array): Answer {
    return new Answer(true, value, '');
  }

  static refused(error: string): Answer {
    return new Answer(false, new Uint8Array(0), error);
  }

  /** The value. Without one the call ends with the error; look at `ok` first where that is not wanted. */
  bytes(): Uint8Array {
    if (!this.ok) throw new Error(this.error);
    return this.content;
  }

  /** The value as a text; as `bytes`. */
  text(): string {
    return textOf(this.bytes());
  }

  /** The value as a text, or `fallback` when there is none. */
  textOr(fallback: string): string {
    return this.ok ? textOf(this.content) : fallback;
  }
}

/**
 * Fetches what a host function has left behind: `result` is the length of the value, or the negative length of an error
 * text. Lengths of 1 and 2 never belong to an error text: the host gave none.
 */
export function take(result: i32): Answer {
  if (result == -1 || result == -2) return Answer.refused('unknown error returned from host');
  const content = new Uint8Array(abs(result));
  if (get_ffi_result(content.dataStart, currentCall()) != 0) return Answer.refused('unknown error returned from host');
  return result < 0 ? Answer.refused(textOf(content)) : Answer.of(content);
}
