/** What can be wrong with a project description, and how it is told. */
import { CodedError } from '../../kernel/index.ts';

/** A position in a text: 1-based line and column. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** The stable name of one rule that a description can break; `directive.md §4` lists each with its meaning. */
export type ProblemCode =
  | 'DIRECTIVE_APP_VERSION'
  | 'DIRECTIVE_ATMO_VERSION'
  | 'DIRECTIVE_AUTHENTICATION'
  | 'DIRECTIVE_CAPABILITY'
  | 'DIRECTIVE_CONNECTION'
  | 'DIRECTIVE_FOR_EACH'
  | 'DIRECTIVE_FUNCTIONS_MISSING'
  | 'DIRECTIVE_FUNCTION_DUPLICATE'
  | 'DIRECTIVE_FUNCTION_ENTRY'
  | 'DIRECTIVE_FUNCTION_UNKNOWN'
  | 'DIRECTIVE_HANDLER_METHOD'
  | 'DIRECTIVE_HANDLER_RESOURCE'
  | 'DIRECTIVE_HANDLER_RESPOND_TO'
  | 'DIRECTIVE_HANDLER_SOURCE'
  | 'DIRECTIVE_HANDLER_TYPE'
  | 'DIRECTIVE_IDENTIFIER'
  | 'DIRECTIVE_LANGUAGE'
  | 'DIRECTIVE_LIMIT'
  | 'DIRECTIVE_NOT_SERVED'
  | 'DIRECTIVE_ON_ERR'
  | 'DIRECTIVE_QUERY'
  | 'DIRECTIVE_RESPONSE'
  | 'DIRECTIVE_ROUTE'
  | 'DIRECTIVE_SCHEDULE'
  | 'DIRECTIVE_STEP'
  | 'DIRECTIVE_STEPS_MISSING'
  | 'DIRECTIVE_TOO_LARGE'
  | 'DIRECTIVE_TYPE'
  | 'DIRECTIVE_UNKNOWN_KEY'
  | 'DIRECTIVE_WITH'
  | 'DIRECTIVE_WORKFLOW'
  | 'DIRECTIVE_YAML';

/** One finding. An error makes the description unusable; a warning names something that has no effect. */
export interface Problem {
  readonly severity: 'error' | 'warning';
  readonly code: ProblemCode;
  readonly message: string;
  readonly file: string;
  readonly position: Position;
}

/** `file:line:col` of a finding. */
export function placeOf(problem: Pick<Problem, 'file' | 'position'>): string {
  return `${problem.file}:${problem.position.line}:${problem.position.column}`;
}

/** One line for a person: `file:line:col CODE message`, warnings marked as such. */
export function printProblem(problem: Problem): string {
  const mark = problem.severity === 'warning' ? 'warning: ' : '';
  return `${placeOf(problem)} ${problem.code} ${mark}${problem.message}`;
}

/** Raised by this folder. `problems` holds every finding when the code is `DIRECTIVE_INVALID`. */
export class DirectiveError extends CodedError<
  'DIRECTIVE_FQFN_INVALID' | 'DIRECTIVE_FQMN_INVALID' | 'DIRECTIVE_INVALID'
> {
  readonly problems: readonly Problem[] = [];

  /** The error for a description that has at least one error among its `problems`. */
  static ofProblems(problems: readonly Problem[]): DirectiveError {
    const errors = problems.filter((problem) => problem.severity === 'error');
    const lines = errors.map((problem) => `\n\t${placeOf(problem)} ${problem.message}`);
    const first = errors[0];
    const error = new DirectiveError(
      'DIRECTIVE_INVALID',
      `found ${errors.length} problem${errors.length === 1 ? '' : 's'}:${lines.join('')}`,
      first === undefined ? {} : { place: placeOf(first) },
    );
    return Object.assign(error, { problems });
  }
}
