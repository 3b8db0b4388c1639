/** What is wrong with an application, whichever of its files says it. */
import { CodedError } from '../kernel/index.ts';
import { DirectiveError, type Position } from '../compute/directive/index.ts';

/** One finding. An error prevents a bundle; a warning names something that has no effect or may surprise. */
export interface Finding {
  readonly severity: 'error' | 'warning';
  /** The code of the rule that was broken, such as `DIRECTIVE_STEP`, or of a compiler, such as `TS2322`. */
  readonly code: string;
  readonly message: string;
  /** As the user would type it. */
  readonly file: string;
  /** Absent for files without lines. */
  readonly position?: Position | undefined;
}

/** One line for a person: `file:line:col CODE message`, warnings marked as such. */
export function printFinding({ severity, code, message, file, position }: Finding): string {
  const place = position === undefined ? file : `${file}:${position.line}:${position.column}`;
  return `${place} ${code} ${severity === 'warning' ? 'warning: ' : ''}${message}`;
}

/** Collects findings, so that a check can go on after a fault and report all of them. */
export class Findings {
  readonly #all: Finding[] = [];

  /** In the order they were made. */
  get all(): readonly Finding[] {
    return this.#all;
  }

  /** Whether any finding is an error. */
  get failed(): boolean {
    return this.#all.some((finding) => finding.severity === 'error');
  }

  /** Adds findings that another room made. */
  add(...findings: readonly Finding[]): void {
    this.#all.push(...findings);
  }

  /** Adds a finding about `file` as a whole. */
  report(severity: Finding['severity'], code: string, file: string, message: string): void {
    this.#all.push({ severity, code, message, file });
  }

  /** Runs `work`; a coded error becomes a finding about `file` and the result is `undefined`. Other errors are thrown on. */
  async attempt<T>(file: string, work: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      if (error instanceof DirectiveError && error.problems.length > 0) this.add(...error.problems);
      else {
        const remedy = error.remedy === undefined ? '' : `; ${error.remedy}`;
        this.report('error', error.code, file, error.message + remedy);
      }
      return undefined;
    }
  }
}
