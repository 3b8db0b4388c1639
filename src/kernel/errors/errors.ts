/**
 * The base of every error that Perigee raises on purpose.
 *
 * Callers match `code`, never the class: two copies of the package may be loaded. Codes are never renamed or reused;
 * `docs/errors.md` lists each with its meaning and remedy, and a test holds the two together.
 */

/** What a coded error may carry beside its message. */
export interface CodedErrorOptions extends ErrorOptions {
  /** Where the fault lies, as `file:line:col`, when the input was a text. */
  readonly place?: string | undefined;
  /** What the reader can do about it, one sentence. */
  readonly remedy?: string | undefined;
}

/** An error with a stable code; every folder derives one class from it and narrows `C` to its own codes. */
export class CodedError<C extends string = string> extends Error {
  readonly code: C;
  readonly place: string | undefined;
  readonly remedy: string | undefined;

  constructor(code: C, message: string, options: CodedErrorOptions = {}) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
    this.place = options.place;
    this.remedy = options.remedy;
  }
}

/** Whether `error` carries the given code, whichever copy of the package made it. */
export function hasCode<C extends string>(error: unknown, code: C): error is CodedError<C> {
  return error instanceof Error && (error as { code?: unknown }).code === code;
}

/** What moves a terminal's cursor or hides text: DEL, C1 controls, line separators, directional and zero-width marks. */
const INVISIBLE = /[\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/** The text of an offending value for an error message: quoted, invisible characters escaped, cut to `maxLength` characters. */
export function quoted(value: unknown, maxLength = 64): string {
  const text = typeof value === 'string' ? value : String(value);
  const shown = JSON.stringify(text.length > maxLength ? `${text.slice(0, maxLength)}…` : text);
  return shown.replace(INVISIBLE, (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
