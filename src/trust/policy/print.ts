import type { BooleanExpr, Expr, PolicyExpression } from './expression.ts';
import { isBareIdentifier } from './tokens.ts';

/** Invisible, combining and unassigned characters, and blanks other than the plain one: written as code points. */
const UNPRINTABLE = /[\p{C}\p{M}]|(?! )\p{Z}/gu;
const NAMED: Readonly<Record<string, string>> = { '\t': '\\t', '\n': '\\n', '\r': '\\r' };

/** The text of `expression` in the form it has; a full one reads back as the same (`policies.md` §7.3). */
export function printPolicy(expression: PolicyExpression): string {
  return expression.form === 'full' ? printExpr(expression.expr) : printBoolean(expression.expr);
}

/** The text of a full expression, on one line. */
export function printExpr(expr: Expr): string {
  switch (expr.kind) {
    case 'str':
      return printString(expr.value);
    case 'int':
    case 'bool':
      return String(expr.value);
    case 'float':
      return printFloat(expr.value);
    case 'ident':
      return isBareIdentifier(expr.name) ? expr.name : `$${expr.name}`;
    case 'seq':
      return `[${expr.items.map(printExpr).join(' ')}]`;
    default:
      return `(${expr.items.map(printExpr).join(' ')})`;
  }
}

function printBoolean(expr: BooleanExpr): string {
  switch (expr.kind) {
    case 'name':
      return expr.name;
    case 'or':
    case 'and':
      return `${printOperand(expr.left)} ${expr.kind} ${printOperand(expr.right)}`;
    case 'not':
      return `not ${printOperand(expr.operand)}`;
    default:
      return '';
  }
}

function printOperand(expr: BooleanExpr): string {
  return expr.kind === 'name' || expr.kind === 'empty' ? printBoolean(expr) : `(${printBoolean(expr)})`;
}

function printString(value: string): string {
  const escaped = value
    .replaceAll(/["\\]/g, '\\$&')
    .replaceAll(UNPRINTABLE, (mark) => NAMED[mark] ?? `\\u{${(mark.codePointAt(0) ?? 0).toString(16)}}`);
  return `"${escaped}"`;
}

/** The shortest digits that read back the same, always with a point or an exponent. */
function printFloat(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? '+inf' : '-inf';
  if (Object.is(value, -0)) return '-0.0';
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e16 || size < 1e-4)) return value.toExponential().replace('e+', 'e');
  return Number.isInteger(value) ? `${value}.0` : String(value);
}
