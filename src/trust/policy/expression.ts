import { PolicyError } from './errors.ts';

/** A full policy expression, and also the value of one (`policies.md` §5.1). Integers are signed 64-bit. */
export type Expr =
  | { readonly kind: 'str'; readonly value: string }
  | { readonly kind: 'int'; readonly value: bigint }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'ident'; readonly name: string }
  | { readonly kind: 'seq'; readonly items: readonly Expr[] }
  | { readonly kind: 'list'; readonly items: readonly Expr[] };

/** An expression over names that stand for attributes with the value `"true"` (`policies.md` §5.2). */
export type BooleanExpr =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'or' | 'and'; readonly left: BooleanExpr; readonly right: BooleanExpr }
  | { readonly kind: 'not'; readonly operand: BooleanExpr }
  | { readonly kind: 'empty' };

/** An expression in the form in which its author wrote it. */
export type PolicyExpression =
  | { readonly form: 'full'; readonly expr: Expr }
  | { readonly form: 'boolean'; readonly expr: BooleanExpr };

/** Specification constants: the names a list may start with (`policies.md` §8). */
export const OPERATORS = ['and', 'or', 'not', 'if', '<', '>', '=', '!=', 'member?', 'exists?'] as const;

/** One of {@link OPERATORS}. */
export type Operator = (typeof OPERATORS)[number];

/** Whether `name` is an operator. */
export function isOperator(name: string): name is Operator {
  return (OPERATORS as readonly string[]).includes(name);
}

/** Ours: lists and sequences inside each other; in a boolean expression, one less, since a name stands for a list. */
export const MAX_DEPTH = 32;
/** Ours: literals, identifiers, lists and sequences of one expression. */
export const MAX_NODES = 2_048;
/** Ours: length of an expression's text, in UTF-16 units. */
export const MAX_TEXT_LENGTH = 16_384;

/** Counts the nodes of one expression while it is read. */
export class NodeBudget {
  #left: number = MAX_NODES;
  #deepest = 0;

  /** The most lists around a node so far. */
  get deepest(): number {
    return this.#deepest;
  }

  /** Takes one node at `depth` lists below the top. @throws {PolicyError} POLICY_TOO_COMPLEX */
  take(depth: number): void {
    this.#deepest = Math.max(this.#deepest, depth);
    if (depth > MAX_DEPTH) {
      throw new PolicyError('POLICY_TOO_COMPLEX', `the expression has more than ${MAX_DEPTH} levels`);
    }
    if (this.#left-- === 0) {
      throw new PolicyError('POLICY_TOO_COMPLEX', `the expression has more than ${MAX_NODES} parts`);
    }
  }
}

/** `(operator arguments…)`. */
export function operation(operator: Operator, ...items: readonly Expr[]): Expr {
  return { kind: 'list', items: [{ kind: 'ident', name: operator }, ...items] };
}

/** `(= name value)`, the smallest useful expression. */
export function equals(name: string, value: string | boolean): Expr {
  return operation(
    '=',
    { kind: 'ident', name },
    typeof value === 'string' ? { kind: 'str', value } : { kind: 'bool', value },
  );
}

/** The expression that is stored and evaluated: itself when full, else with each name spelled out (`policies.md` §5.2). */
export function toFullExpression(expression: PolicyExpression): Expr {
  return expression.form === 'full' ? expression.expr : spellOut(expression.expr);
}

function spellOut(expr: BooleanExpr): Expr {
  switch (expr.kind) {
    case 'name':
      return equals(`subject.${expr.name}`, 'true');
    case 'or':
    case 'and':
      return operation(expr.kind, spellOut(expr.left), spellOut(expr.right));
    case 'not':
      return operation('not', spellOut(expr.operand));
    default:
      return { kind: 'list', items: [] };
  }
}
