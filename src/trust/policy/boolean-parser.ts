import { PolicyError } from './errors.ts';
import { type BooleanExpr, MAX_DEPTH } from './expression.ts';

/** The longest beginning of a text that is a boolean expression. */
export interface BooleanPrefix {
  readonly expr: BooleanExpr;
  /** Offset of the first character after it. */
  readonly end: number;
  /** Operators inside each other. */
  readonly height: number;
}

/** Specification constants (`policies.md` §6). Keywords eat the blanks around them; names have none. */
const KEYWORDS = {
  and: /[ \t\r\n]*and[ \t\r\n]*/y,
  or: /[ \t\r\n]*or[ \t\r\n]*/y,
  not: /[ \t\r\n]*not[ \t\r\n]*/y,
  '(': /[ \t\r\n]*\([ \t\r\n]*/y,
  ')': /[ \t\r\n]*\)[ \t\r\n]*/y,
} as const;
const NAME = /[A-Za-z_-][A-Za-z0-9._-]*/y;

/** Ours: brackets and negations inside each other; more than a full expression can have that begins like a boolean one. */
const MAX_BRACKETS = 3 * MAX_DEPTH;

/** Whether `name` can stand in a boolean expression (one that begins with `not` reads as a negation all the same). */
export function isBooleanName(name: string): boolean {
  return match(NAME, name, 0) === name.length;
}

/**
 * Parses the boolean text form (`policies.md` §6): the reading of the reference, which takes the first alternative that
 * fits and goes back to before an operator whose right side does not. Undefined when no beginning of `text` fits.
 * @throws {PolicyError} POLICY_TOO_COMPLEX
 */
export function parseBooleanPrefix(text: string): BooleanPrefix | undefined {
  return chain(text, 0, 0, 'or');
}

/** Operands joined by `operator`, left to right; those of `or` are joined by `and`, which binds closer. */
function chain(text: string, start: number, depth: number, operator: 'or' | 'and'): BooleanPrefix | undefined {
  const operand = (at: number): BooleanPrefix | undefined =>
    operator === 'or' ? chain(text, at, depth, 'and') : unary(text, at, depth);
  let left = operand(start);
  while (left !== undefined) {
    const at = match(KEYWORDS[operator], text, left.end);
    const right = at === undefined ? undefined : operand(at);
    if (right === undefined) break;
    left = {
      expr: { kind: operator, left: left.expr, right: right.expr },
      end: right.end,
      height: Math.max(left.height, right.height) + 1,
    };
  }
  return left;
}

function unary(text: string, start: number, depth: number): BooleanPrefix | undefined {
  if (depth > MAX_BRACKETS) {
    throw new PolicyError(
      'POLICY_TOO_COMPLEX',
      `the expression has more than ${MAX_BRACKETS} brackets inside each other`,
    );
  }
  const afterNot = match(KEYWORDS.not, text, start);
  const operand = afterNot === undefined ? undefined : unary(text, afterNot, depth + 1);
  if (operand !== undefined) {
    return { expr: { kind: 'not', operand: operand.expr }, end: operand.end, height: operand.height + 1 };
  }

  const afterOpen = match(KEYWORDS['('], text, start);
  const inner = afterOpen === undefined ? undefined : chain(text, afterOpen, depth + 1, 'or');
  const afterClose = inner === undefined ? undefined : match(KEYWORDS[')'], text, inner.end);
  if (inner !== undefined && afterClose !== undefined) return { ...inner, end: afterClose };

  const end = match(NAME, text, start);
  return end === undefined ? undefined : { expr: { kind: 'name', name: text.slice(start, end) }, end, height: 0 };
}

/** The offset behind `pattern` at `at`, undefined when it does not match there. */
function match(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}
