import { parseBooleanPrefix } from './boolean-parser.ts';
import { PolicyError } from './errors.ts';
import { MAX_DEPTH, MAX_TEXT_LENGTH, type PolicyExpression } from './expression.ts';
import { parseFull } from './full-parser.ts';

/**
 * The expression that `text` stands for: in boolean form when all of it reads so, else in full form (`policies.md` §5.2).
 * @throws {PolicyError} POLICY_SYNTAX, with `parsed` and `rest` where a beginning could be read; POLICY_TOO_COMPLEX
 */
export function parsePolicy(text: string): PolicyExpression {
  if (text.length > MAX_TEXT_LENGTH) {
    throw new PolicyError(
      'POLICY_TOO_COMPLEX',
      `the expression has ${text.length} characters, above ${MAX_TEXT_LENGTH}`,
    );
  }
  const boolean = parseBooleanPrefix(text);
  if (boolean?.end === text.length) {
    // A name stands for a list, so operators may be one level less deep.
    if (boolean.height < MAX_DEPTH) return { form: 'boolean', expr: boolean.expr };
    throw new PolicyError(
      'POLICY_TOO_COMPLEX',
      `the expression has more than ${MAX_DEPTH - 1} operators inside each other`,
    );
  }
  const full = parseFull(text);
  if ('kind' in full) return { form: 'full', expr: full };

  const booleanEnd = boolean?.end ?? 0;
  const booleanWhy =
    progress(text, booleanEnd) ??
    "expected a name of letters, digits, '.', '-' or '_' that starts with a letter, '-' or '_'";
  const fullWhy = [progress(text, full.at), full.why].filter((why) => why !== undefined).join(': ');
  const end = booleanEnd > 0 ? booleanEnd : full.at;
  throw new PolicyError(
    'POLICY_SYNTAX',
    `Cannot parse the expression as either a simple boolean expression or a full policy expression:\n - ${booleanWhy}\n - ${fullWhy}`,
    end > 0 ? { parsed: text.slice(0, end), rest: text.slice(end) } : {},
  );
}

function progress(text: string, end: number): string | undefined {
  if (end === 0) return undefined;
  return `successfully parsed: \`${text.slice(0, end)}\`, but \`${text.slice(end)}\` cannot be parsed`;
}
