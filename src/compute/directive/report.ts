/** Collects the findings of one reading. */
import type { Position, Problem, ProblemCode } from './errors.ts';

/** Findings beyond this number are counted, not kept. */
const MAX_PROBLEMS = 200;
const MAX_MESSAGE_LENGTH = 1024;

/** The findings of one text. A plain collector, so that a reader can go on after a fault and report all of them. */
export class Report {
  readonly file: string;
  readonly #problems: Problem[] = [];
  /** A value behind several aliases is read several times. */
  readonly #seen = new Set<string>();
  #dropped = 0;
  #failed = false;

  /** @param file the name that findings show, as the user would type it. */
  constructor(file: string) {
    this.file = file;
  }

  /** Whether an error (not only a warning) was reported. */
  get failed(): boolean {
    return this.#failed;
  }

  /** Whether further findings are only counted, so that no work needs to go into their texts. */
  get full(): boolean {
    return this.#problems.length >= MAX_PROBLEMS;
  }

  /** Adds an error at `position`. */
  error(code: ProblemCode, position: Position, message: string): void {
    this.#failed = true;
    this.#add({ severity: 'error', code, message, file: this.file, position });
  }

  /** Adds a warning at `position`. */
  warn(code: ProblemCode, position: Position, message: string): void {
    this.#add({ severity: 'warning', code, message, file: this.file, position });
  }

  /** All findings by position; findings of one position in the order they were made. */
  problems(): readonly Problem[] {
    const sorted = this.#problems.toSorted(
      (a, b) => a.position.line - b.position.line || a.position.column - b.position.column,
    );
    const last = sorted.at(-1);
    if (this.#dropped === 0 || last === undefined) return sorted;
    const severity = this.#failed ? 'error' : 'warning';
    return [
      ...sorted,
      { ...last, severity, code: 'DIRECTIVE_TOO_LARGE', message: `and ${this.#dropped} more findings` },
    ];
  }

  #add(problem: Problem): void {
    const message = printable(problem.message);
    const key = `${problem.position.line}:${problem.position.column} ${problem.code} ${message}`;
    if (this.#seen.has(key)) return;
    if (this.full) this.#dropped++;
    else {
      this.#seen.add(key);
      this.#problems.push(Object.freeze({ ...problem, message }));
    }
  }
}

/** A description may come from a stranger, and findings are shown on terminals. */
function printable(message: string): string {
  const cut = message.length > MAX_MESSAGE_LENGTH ? `${message.slice(0, MAX_MESSAGE_LENGTH)}…` : message;
  // oxlint-disable-next-line no-control-regex
  return cut.replaceAll(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
