import type { CborCursor, CborReader, CborWriter } from '../../kernel/cbor/index.ts';
import { quoted } from '../../kernel/errors/index.ts';
import { isBooleanName } from './boolean-parser.ts';
import { PolicyError } from './errors.ts';
import { type BooleanExpr, type Expr, MAX_NODES, NodeBudget, type PolicyExpression } from './expression.ts';
import { isWritableIdentifier } from './tokens.ts';

/** Specification constants: numbers of the variants (`policies.md` §5). */
const EXPR = { str: 1, int: 2, float: 3, bool: 4, ident: 5, seq: 6, list: 7 } as const;
const BOOLEAN = { name: 0, or: 1, and: 2, not: 3, empty: 4 } as const;
const FIELDLESS: ReadonlyMap<number, BooleanExpr> = new Map([[BOOLEAN.empty, { kind: 'empty' }]]);
const FORM = { full: 0, boolean: 1 } as const;

/** Writes a full expression (`policies.md` §5.1). */
export function writeExpr(writer: CborWriter, expr: Expr): void {
  writer.array(2).uint(EXPR[expr.kind]).array(1);
  switch (expr.kind) {
    case 'str':
      writer.text(expr.value);
      return;
    case 'int':
      writer.int(expr.value);
      return;
    case 'float':
      writer.float64(expr.value);
      return;
    case 'bool':
      writer.bool(expr.value);
      return;
    case 'ident':
      writer.text(expr.name);
      return;
    case 'seq':
    case 'list':
      writer.array(expr.items.length);
      for (const item of expr.items) writeExpr(writer, item);
  }
}

/**
 * Reads a full expression. Any operator and any types are taken: what makes no sense has no value and denies.
 * @throws {CborError}
 * @throws {PolicyError} POLICY_MALFORMED for an unknown variant or a name that no text can write; POLICY_TOO_COMPLEX
 */
export function readExpr(reader: CborReader): Expr {
  return readExprWithin(reader, new NodeBudget(), 0);
}

function readExprWithin(reader: CborReader, budget: NodeBudget, depth: number): Expr {
  budget.take(depth);
  return readVariant(reader, 'expression', (variant, fields): Expr | undefined => {
    const items = (): readonly Expr[] =>
      fields.required('items', () => reader.list(() => readExprWithin(reader, budget, depth + 1), MAX_NODES));
    switch (variant) {
      case EXPR.str:
        return { kind: 'str', value: fields.required('text', () => reader.text()) };
      case EXPR.int:
        return { kind: 'int', value: fields.required('integer', () => reader.int64()) };
      case EXPR.float:
        return { kind: 'float', value: fields.required('float', () => reader.float()) };
      case EXPR.bool:
        return { kind: 'bool', value: fields.required('boolean', () => reader.bool()) };
      case EXPR.ident:
        return { kind: 'ident', name: fields.required('name', () => readName(reader, isWritableIdentifier)) };
      case EXPR.seq:
        return { kind: 'seq', items: items() };
      case EXPR.list:
        return { kind: 'list', items: items() };
      default:
        return undefined;
    }
  });
}

/** Writes a boolean expression (`policies.md` §5.2). */
export function writeBooleanExpr(writer: CborWriter, expr: BooleanExpr): void {
  writer.array(2).uint(BOOLEAN[expr.kind]);
  switch (expr.kind) {
    case 'name':
      writer.array(1).text(expr.name);
      return;
    case 'or':
    case 'and':
      writer.array(2);
      writeBooleanExpr(writer, expr.left);
      writeBooleanExpr(writer, expr.right);
      return;
    case 'not':
      writer.array(1);
      writeBooleanExpr(writer, expr.operand);
      return;
    case 'empty':
      writer.array(0);
  }
}

/**
 * Reads a boolean expression.
 * @throws {CborError}
 * @throws {PolicyError} POLICY_MALFORMED for an unknown variant or name; POLICY_TOO_COMPLEX
 */
export function readBooleanExpr(reader: CborReader): BooleanExpr {
  return readBooleanWithin(reader, new NodeBudget(), 1);
}

/** `depth` starts at 1: a name stands for a list, so the full form is one level deeper. */
function readBooleanWithin(reader: CborReader, budget: NodeBudget, depth: number): BooleanExpr {
  budget.take(depth);
  return readVariant(
    reader,
    'boolean expression',
    (variant, fields): BooleanExpr | undefined => {
      const operand = (): BooleanExpr => fields.required('operand', () => readBooleanWithin(reader, budget, depth + 1));
      switch (variant) {
        case BOOLEAN.name:
          return { kind: 'name', name: fields.required('name', () => readName(reader, isBooleanName)) };
        case BOOLEAN.or:
          return { kind: 'or', left: operand(), right: operand() };
        case BOOLEAN.and:
          return { kind: 'and', left: operand(), right: operand() };
        case BOOLEAN.not:
          return { kind: 'not', operand: operand() };
        default:
          return undefined;
      }
    },
    FIELDLESS,
  );
}

/** Writes an expression with the form it has (`policies.md` §5.3). */
export function writePolicyExpression(writer: CborWriter, expression: PolicyExpression): void {
  writer.array(2).uint(FORM[expression.form]).array(1);
  if (expression.form === 'full') writeExpr(writer, expression.expr);
  else writeBooleanExpr(writer, expression.expr);
}

/**
 * Reads an expression with the form it has.
 * @throws {CborError}
 * @throws {PolicyError} POLICY_MALFORMED, POLICY_TOO_COMPLEX
 */
export function readPolicyExpression(reader: CborReader): PolicyExpression {
  return readVariant(reader, 'policy expression', (variant, fields): PolicyExpression | undefined => {
    if (variant === FORM.full) return { form: 'full', expr: fields.required('expression', () => readExpr(reader)) };
    if (variant !== FORM.boolean) return undefined;
    return { form: 'boolean', expr: fields.required('expression', () => readBooleanExpr(reader)) };
  });
}

/**
 * Reads `[variant, [fields…]]` (`encoding.md` §1.1); `read` answers undefined for a variant that it does not know.
 * Variants without fields are given by their values; what stands in place of their fields is skipped (`encoding.md` §1.2).
 */
export function readVariant<T>(
  reader: CborReader,
  what: string,
  read: (variant: number, fields: CborCursor) => T | undefined,
  fieldless: ReadonlyMap<number, T> = new Map(),
): T {
  const outer = reader.definiteArray(2);
  const variant = outer.required('variant', () => reader.uint());
  let value = fieldless.get(variant);
  if (value === undefined) {
    value = outer.required('fields', () => {
      const fields = reader.array();
      const found = read(variant, fields);
      fields.end();
      return found;
    });
  }
  outer.end();
  if (value === undefined) throw new PolicyError('POLICY_MALFORMED', `${variant} is no variant of ${what}`);
  return value;
}

/**
 * Deviation: the reference takes any text. A name that no text can write can be bound by nobody, and would print as
 * something else than it is.
 */
function readName(reader: CborReader, isValid: (name: string) => boolean): string {
  const name = reader.text();
  if (!isValid(name)) throw new PolicyError('POLICY_MALFORMED', `${quoted(name)} is no name`);
  return name;
}
