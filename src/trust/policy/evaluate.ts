import { compare, equal } from './compare.ts';
import { type Expr, isOperator, MAX_DEPTH, type Operator } from './expression.ts';

/** What names stand for while an expression is evaluated; values are literals. */
export type Environment = ReadonlyMap<string, Expr>;

/** The answer of a policy. The reason is for the log of the side that refused, never for the peer. */
export type Decision = { readonly allowed: true } | { readonly allowed: false; readonly reason: string };

/** Why an expression has no value. */
export interface Failure {
  readonly kind: 'failure';
  readonly reason: string;
}

/** Where an expression is evaluated: the values of names and how many lists are around it. */
interface Scope {
  readonly environment: Environment;
  readonly depth: number;
}

type Evaluation = (args: readonly Expr[], scope: Scope) => Expr | Failure;

/**
 * Whether `expression` allows what `environment` describes: only when its value is the Boolean true (`policies.md` §9).
 * Without an expression the answer is no.
 */
export function decide(expression: Expr | undefined, environment: Environment): Decision {
  if (expression === undefined) return { allowed: false, reason: 'there is no policy' };
  const value = evaluate(expression, environment);
  if (value.kind === 'failure') return { allowed: false, reason: value.reason };
  if (value.kind !== 'bool') return { allowed: false, reason: `the policy yields a ${value.kind}, not a bool` };
  return value.value ? { allowed: true } : { allowed: false, reason: 'the policy yields false' };
}

/** The value of `expression`, or why it has none. Never throws; takes time in proportion to the expression's size. */
export function evaluate(expression: Expr, environment: Environment): Expr | Failure {
  return valueOf(expression, { environment, depth: 0 });
}

function valueOf(expr: Expr, scope: Scope): Expr | Failure {
  switch (expr.kind) {
    case 'ident':
      return scope.environment.get(expr.name) ?? failure(`${expr.name} is not bound`);
    case 'seq': {
      const items = valuesOf(expr.items, scope);
      return 'kind' in items ? items : { kind: 'seq', items };
    }
    case 'list':
      return applied(expr, scope);
    default:
      return expr;
  }
}

function applied(list: Extract<Expr, { kind: 'list' }>, scope: Scope): Expr | Failure {
  const [head, ...args] = list.items;
  if (head === undefined) return list;
  if (head.kind !== 'ident') return failure('a list does not start with an operator');
  if (!isOperator(head.name)) return failure(`${head.name} is no operator`);
  return OPERATIONS[head.name](args, scope);
}

/** Values of all `exprs`, one level deeper; the first failure ends it. */
function valuesOf(exprs: readonly Expr[], scope: Scope): readonly Expr[] | Failure {
  const values: Expr[] = [];
  const inner = deeper(scope);
  if ('kind' in inner) return inner;
  for (const expr of exprs) {
    const value = valueOf(expr, inner);
    if (value.kind === 'failure') return value;
    values.push(value);
  }
  return values;
}

/** Expressions that were parsed or decoded are never too deep; ones made by code may be. */
function deeper({ environment, depth }: Scope): Scope | Failure {
  return depth < MAX_DEPTH ? { environment, depth: depth + 1 } : failure(`more than ${MAX_DEPTH} levels`);
}

const OPERATIONS: Readonly<Record<Operator, Evaluation>> = {
  and: lazily('and', true),
  or: lazily('or', false),
  not: (args, scope) => {
    if (args.length !== 1) return failure('not takes one argument');
    return negated(valuesOf(args, scope));
  },
  if: (args, scope) => {
    const [test, whenTrue, whenFalse] = args;
    if (test === undefined || whenTrue === undefined || whenFalse === undefined || args.length > 3) {
      return failure('if takes three arguments');
    }
    const inner = deeper(scope);
    if ('kind' in inner) return inner;
    const choice = valueOf(test, inner);
    if (choice.kind === 'failure') return choice;
    if (choice.kind !== 'bool') return failure(`the test of if is a ${choice.kind}, not a bool`);
    return valueOf(choice.value ? whenTrue : whenFalse, inner);
  },
  '=': (args, scope) => (args.length < 2 ? failure('= takes two arguments or more') : chained(args, scope, equal)),
  '!=': (args, scope) => {
    const same = chained(args, scope, equal);
    return same.kind === 'failure' ? same : negated([same]);
  },
  '<': (args, scope) => (args.length < 2 ? failure('< takes two arguments or more') : chained(args, scope, isLess)),
  '>': (args, scope) => (args.length < 2 ? failure('> takes two arguments or more') : chained(args, scope, isMore)),
  'member?': (args, scope) => {
    if (args.length !== 2) return failure('member? takes two arguments');
    const values = valuesOf(args, scope);
    if ('kind' in values) return values;
    const [wanted, sequence] = values as readonly [Expr, Expr];
    if (sequence.kind !== 'seq') return failure(`the second argument of member? is a ${sequence.kind}, not a seq`);
    for (const item of sequence.items) {
      const same = equal(wanted, item);
      if (same === undefined) return mismatch(wanted, item);
      if (same) return bool(true);
    }
    return bool(false);
  },
  'exists?': (args, { environment }) => {
    for (const arg of args) {
      if (arg.kind !== 'ident') return failure(`exists? takes names, not a ${arg.kind}`);
      if (!environment.has(arg.name)) return bool(false);
    }
    return bool(true);
  },
};

/** `and` (`goOn` true) and `or` (false): left to right while the value is `goOn`; the last value is not looked at. */
function lazily(name: Operator, goOn: boolean): Evaluation {
  return (args, scope) => {
    const inner = deeper(scope);
    if ('kind' in inner) return inner;
    const last = args.at(-1);
    if (last === undefined) return bool(goOn);
    for (const arg of args.slice(0, -1)) {
      const value = valueOf(arg, inner);
      if (value.kind === 'failure') return value;
      if (value.kind !== 'bool') return failure(`an argument of ${name} is a ${value.kind}, not a bool`);
      if (value.value !== goOn) return value;
    }
    return valueOf(last, inner);
  };
}

/** Whether `holds` for each neighbouring pair; every argument is evaluated, pairs after the first that fails are not compared. */
function chained(
  args: readonly Expr[],
  scope: Scope,
  holds: (a: Expr, b: Expr) => boolean | undefined,
): Expr | Failure {
  const values = valuesOf(args, scope);
  if ('kind' in values) return values;
  for (const [i, value] of values.entries()) {
    const next = values[i + 1];
    if (next === undefined) break;
    const result = holds(value, next);
    if (result === undefined) return mismatch(value, next);
    if (!result) return bool(false);
  }
  return bool(true);
}

function negated(values: readonly Expr[] | Failure): Expr | Failure {
  if ('kind' in values) return values;
  const [value] = values;
  return value?.kind === 'bool' ? bool(!value.value) : failure(`not takes a bool, not a ${value?.kind}`);
}

function isLess(a: Expr, b: Expr): boolean | undefined {
  const order = compare(a, b);
  return order === undefined ? undefined : order < 0;
}

function isMore(a: Expr, b: Expr): boolean | undefined {
  const order = compare(a, b);
  return order === undefined ? undefined : order > 0;
}

function bool(value: boolean): Expr {
  return { kind: 'bool', value };
}

function mismatch(a: Expr, b: Expr): Failure {
  return failure(
    a.kind === b.kind ? `two ${a.kind}s hold different types` : `a ${a.kind} is compared with a ${b.kind}`,
  );
}

function failure(reason: string): Failure {
  return { kind: 'failure', reason };
}
