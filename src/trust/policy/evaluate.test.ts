import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { policyEnvironment } from './environment.ts';
import { decide, type Environment, evaluate } from './evaluate.ts';
import { type Expr, isOperator, OPERATORS, toFullExpression } from './expression.ts';
import { parsePolicy } from './parse.ts';
import { printPolicy } from './print.ts';
import { DEFAULT_POLICY, projectPolicy } from './resources.ts';

const environment = policyEnvironment({
  resource: 'outlet',
  action: 'handle_message',
  subject: 'Iaa',
  hasCredential: true,
  attributes: new Map([
    ['a', 'true'],
    ['component', 'db'],
  ]),
});

const decisionOf = (text: string, env: Environment = environment): string => {
  const decision = decide(toFullExpression(parsePolicy(text)), env);
  return decision.allowed ? 'allow' : decision.reason;
};

const DECISIONS: readonly (readonly [string, string])[] = [
  ['(and true true)', 'allow'],
  ['(and true false subject.b)', 'the policy yields false'],
  ['(and 1 true)', 'an argument of and is a int, not a bool'],
  ['(and true (and))', 'allow'],
  ['(or false (or))', 'the policy yields false'],
  ['(or false true subject.b)', 'allow'],
  ['(or "x" true)', 'an argument of or is a str, not a bool'],
  ['(= (and true "x") "x")', 'allow'],
  ['(= (or false 5) 5)', 'allow'],
  ['(not true false)', 'not takes one argument'],
  ['(not 1)', 'not takes a bool, not a int'],
  ['(not (and subject.b))', 'subject.b is not bound'],
  // Reads as a boolean expression, so the name gets its prefix.
  ['(not subject.b)', 'subject.subject.b is not bound'],
  ['(if true true)', 'if takes three arguments'],
  ['(if true true true true)', 'if takes three arguments'],
  ['(if 1 true true)', 'the test of if is a int, not a bool'],
  ['(if true true subject.b)', 'allow'],
  ['(if subject.b true true)', 'subject.b is not bound'],
  ['(= 1)', '= takes two arguments or more'],
  ['(!= 1)', 'the policy yields false'],
  ['(!= 1 1 2)', 'allow'],
  ['(!= 1 2 2)', 'allow'],
  ['(!= 1 1 1)', 'the policy yields false'],
  ['(!= 1 "1")', 'a int is compared with a str'],
  ['(= 1 2 "x")', 'the policy yields false'],
  ['(= 1 2 subject.b)', 'subject.b is not bound'],
  ['(= nan nan)', 'the policy yields false'],
  ['(= 0.0 -0.0)', 'allow'],
  ['(= inf inf)', 'allow'],
  ['(< 1)', '< takes two arguments or more'],
  ['(< 1 2 2)', 'the policy yields false'],
  ['(> 3 2 1)', 'allow'],
  ['(> 3 3)', 'the policy yields false'],
  ['(> 1)', '> takes two arguments or more'],
  ['(< nan 1.0)', 'the policy yields false'],
  ['(> nan 1.0)', 'the policy yields false'],
  ['(< -inf inf)', 'allow'],
  ['(< 9223372036854775806 9223372036854775807)', 'allow'],
  ['(< false true)', 'allow'],
  ['(< "a" "b" "ba")', 'allow'],
  // U+FF61 is before U+10000 in UTF-8 and after its surrogates in UTF-16.
  ['(< "\uff61" "\u{10000}")', 'allow'],
  ['(< [9] [1 1])', 'allow'],
  ['(< [1 2] [1 3])', 'allow'],
  ['(< [] [])', 'the policy yields false'],
  ['(= [] [])', 'allow'],
  ['(= () ())', 'allow'],
  ['(= () [])', 'a list is compared with a seq'],
  ['(= [1 2] [1 2])', 'allow'],
  ['(= [1] [1 2])', 'the policy yields false'],
  ['(= [1] ["1"])', 'two seqs hold different types'],
  ['(< [1 "a"] [1 "a"])', 'parse'],
  ['(= [subject.component] ["db"])', 'allow'],
  ['(= [subject.b] ["db"])', 'subject.b is not bound'],
  ['(member? 1 [1 2] 3)', 'member? takes two arguments'],
  ['(member? "x" [])', 'the policy yields false'],
  ['(member? 1 ["x"])', 'a int is compared with a str'],
  ['(member? "db" subject.component)', 'the second argument of member? is a str, not a seq'],
  ['(member? "true" [subject.a subject.component])', 'allow'],
  ['(member? subject.b [1])', 'subject.b is not bound'],
  ['(exists? subject.a subject.component)', 'allow'],
  ['(exists? subject.a subject.b)', 'the policy yields false'],
  ['(exists? subject.b 5)', 'the policy yields false'],
  ['(exists? subject.a 5)', 'exists? takes names, not a int'],
  ['(exists? ())', 'exists? takes names, not a list'],
  ['((= 1 1))', 'a list does not start with an operator'],
  ['(and (f 1))', 'f is no operator'],
  ['(and (constructor 1))', 'constructor is no operator'],
  ['(and ("x" 1))', 'a list does not start with an operator'],
  ['(and 1)', 'the policy yields a int, not a bool'],
  ['(and ())', 'the policy yields a list, not a bool'],
];

for (const [text, expected] of DECISIONS) {
  test(`${text}: ${expected}`, () => {
    if (expected === 'parse') assert.throws(() => parsePolicy(text), { code: 'POLICY_SYNTAX' });
    else assert.equal(decisionOf(text), expected);
  });
}

test('the empty boolean expression, which no text has, is the empty list and allows nothing', () => {
  const empty = { form: 'boolean', expr: { kind: 'empty' } } as const;
  assert.equal(printPolicy(empty), '');
  assert.deepEqual(toFullExpression(empty), { kind: 'list', items: [] });
  assert.equal(decide(toFullExpression(empty), environment).allowed, false);
});

test('without a policy the answer is no', () => {
  assert.deepEqual(decide(undefined, environment), { allowed: false, reason: 'there is no policy' });
});

test('the default policy wants a credential, that of a project its node or a credential', () => {
  const request = { resource: 'r', action: 'handle_message', subject: 'Ibb' };
  const answers = (policy: Expr): boolean[] =>
    [undefined, false, true].map(
      (hasCredential) => decide(policy, policyEnvironment({ ...request, hasCredential })).allowed,
    );
  assert.deepEqual(answers(DEFAULT_POLICY), [false, false, true]);
  assert.deepEqual(answers(projectPolicy('Ibb')), [true, true, true]);
  assert.deepEqual(answers(projectPolicy('Icc')), [false, false, true]);
});

test('an expression made too deep by code has no value', () => {
  let expr: Expr = { kind: 'bool', value: true };
  for (let i = 0; i < 100_000; i++) expr = { kind: 'list', items: [{ kind: 'ident', name: 'and' }, expr] };
  assert.deepEqual(decide(expr, environment), { allowed: false, reason: 'more than 32 levels' });
});

/** The oracle: §8 and §9 of the specification read literally, with exceptions for errors and eager copies of everything. */
function naive(expr: Expr, env: Environment): Expr {
  if (expr.kind === 'ident') {
    const value = env.get(expr.name);
    if (value === undefined) throw new Error('unbound');
    return value;
  }
  if (expr.kind === 'seq') return { kind: 'seq', items: expr.items.map((item) => naive(item, env)) };
  if (expr.kind !== 'list' || expr.items.length === 0) return expr;
  const [head, ...args] = expr.items as [Expr, ...Expr[]];
  if (head.kind !== 'ident' || !isOperator(head.name)) throw new Error('no operator');
  const truth = (value: Expr): boolean => {
    if (value.kind !== 'bool') throw new Error('not boolean');
    return value.value;
  };
  const bool = (value: boolean): Expr => ({ kind: 'bool', value });
  const all = (): Expr[] => args.map((arg) => naive(arg, env));
  const pairs = (holds: (order: number) => boolean): boolean => {
    const values = all();
    return values.slice(1).every((value, i) => holds(naiveOrder(values[i] as Expr, value)));
  };
  const atLeast = (count: number): void => {
    if (args.length < count) throw new Error('arity');
  };
  const exactly = (count: number): void => {
    if (args.length !== count) throw new Error('arity');
  };
  switch (head.name) {
    case 'and':
    case 'or': {
      const [first, ...rest] = args;
      if (first === undefined) return bool(head.name === 'and');
      const value = naive(first, env);
      if (rest.length === 0) return value;
      return truth(value) === (head.name === 'and') ? naive({ kind: 'list', items: [head, ...rest] }, env) : value;
    }
    case 'not':
      exactly(1);
      return bool(!truth(all()[0] as Expr));
    case 'if':
      exactly(3);
      return naive((truth(naive(args[0] as Expr, env)) ? args[1] : args[2]) as Expr, env);
    case '=':
      atLeast(2);
      return bool(pairs((order) => order === 0));
    case '!=':
      return bool(!pairs((order) => order === 0));
    case '<':
      atLeast(2);
      return bool(pairs((order) => order < 0));
    case '>':
      atLeast(2);
      return bool(pairs((order) => order > 0));
    case 'member?': {
      exactly(2);
      const [value, sequence] = all() as [Expr, Expr];
      if (sequence.kind !== 'seq') throw new Error('no sequence');
      return bool(sequence.items.some((item) => naiveOrder(value, item) === 0));
    }
    default:
      for (const arg of args) {
        if (arg.kind !== 'ident') throw new Error('no name');
        if (!env.has(arg.name)) return bool(false);
      }
      return bool(true);
  }
}

function naiveOrder(a: Expr, b: Expr): number {
  if (a.kind !== b.kind) throw new Error('type mismatch');
  if ('items' in a && 'items' in b) {
    if (a.items.length !== b.items.length) return a.items.length - b.items.length;
    return a.items.reduce((order, item, i) => (order === 0 ? naiveOrder(item, b.items[i] as Expr) : order), 0);
  }
  if (a.kind === 'str' && b.kind === 'str') return Buffer.compare(Buffer.from(a.value), Buffer.from(b.value));
  const [x, y] = [(a as { value: number }).value, (b as { value: number }).value];
  if (x < y) return -1;
  if (x > y) return 1;
  return x === y ? 0 : NaN;
}

const leaf: fc.Arbitrary<Expr> = fc.oneof(
  { weight: 3, arbitrary: fc.boolean().map((value): Expr => ({ kind: 'bool', value })) },
  fc.constantFrom('a', 'b').map((value): Expr => ({ kind: 'str', value })),
  fc.constantFrom(1n, 2n).map((value): Expr => ({ kind: 'int', value })),
  fc.constantFrom(1, 2, NaN).map((value): Expr => ({ kind: 'float', value })),
  fc.constantFrom('t', 'f', 's', 'unbound').map((name): Expr => ({ kind: 'ident', name })),
);
const operator = fc.constantFrom<string>(...OPERATORS, 'unknown').map((name): Expr => ({ kind: 'ident', name }));
const { expr: anyExpr } = fc.letrec<{ expr: Expr }>((tie) => ({
  expr: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.array(leaf, { maxLength: 3 }).map((items): Expr => ({ kind: 'seq', items })),
    {
      weight: 4,
      arbitrary: fc
        .tuple(operator, fc.array(tie('expr'), { maxLength: 3 }))
        .map(([head, args]): Expr => ({ kind: 'list', items: [head, ...args] })),
    },
    fc.constant<Expr>({ kind: 'list', items: [] }),
  ),
}));
const env: Environment = new Map<string, Expr>([
  ['t', { kind: 'bool', value: true }],
  ['f', { kind: 'bool', value: false }],
  ['s', { kind: 'str', value: 'a' }],
]);

test('the evaluator agrees with a naive one', () => {
  const seen = { value: 0, failure: 0, allowed: 0 };
  fc.assert(
    fc.property(anyExpr, (expr) => {
      let expected: Expr | undefined;
      try {
        expected = naive(expr, env);
      } catch {
        expected = undefined;
      }
      const value = evaluate(expr, env);
      const decision = decide(expr, env);
      if (expected === undefined) assert.equal(value.kind, 'failure');
      else assert.deepEqual(value, expected);
      assert.equal(decision.allowed, expected?.kind === 'bool' && expected.value);
      seen[expected === undefined ? 'failure' : 'value']++;
      if (decision.allowed) seen.allowed++;
    }),
    { numRuns: 5_000 },
  );
  assert.ok(
    Object.values(seen).every((count) => count > 200),
    JSON.stringify(seen),
  );
});
