import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { codeOf } from '../../../test/support/hostile.ts';
import { type Expr, MAX_DEPTH, MAX_NODES, MAX_TEXT_LENGTH, OPERATORS } from './expression.ts';
import { parsePolicy } from './parse.ts';
import { printExpr, printPolicy } from './print.ts';

const str = (value: string): Expr => ({ kind: 'str', value });
const int = (value: bigint): Expr => ({ kind: 'int', value });
const float = (value: number): Expr => ({ kind: 'float', value });
const bool = (value: boolean): Expr => ({ kind: 'bool', value });
const ident = (name: string): Expr => ({ kind: 'ident', name });
const seq = (...items: Expr[]): Expr => ({ kind: 'seq', items });
const list = (...items: Expr[]): Expr => ({ kind: 'list', items });

/** The expression in `(= <text>)`. */
function argument(text: string): Expr {
  const expression = parsePolicy(`(= ${text})`);
  const { expr } = expression;
  assert.ok(expr.kind === 'list' && expr.items.length === 2, text);
  return expr.items[1] as Expr;
}

const TOKENS: readonly (readonly [string, Expr])[] = [
  ['0', int(0n)],
  ['+5', int(5n)],
  ['-17', int(-17n)],
  ['1_000_000', int(1_000_000n)],
  ['0x1F', int(31n)],
  ['-0xff_ff', int(-65_535n)],
  ['9223372036854775807', int(2n ** 63n - 1n)],
  ['-9223372036854775808', int(-(2n ** 63n))],
  ['1.', float(1)],
  ['1.5', float(1.5)],
  ['-1.5e3', float(-1500)],
  ['1E-2', float(0.01)],
  ['1e999', float(Infinity)],
  ['inf', float(Infinity)],
  ['+inf', float(Infinity)],
  ['-inf', float(-Infinity)],
  ['nan', float(NaN)],
  ['-nan', float(NaN)],
  ['true', bool(true)],
  ['false', bool(false)],
  ['truer', ident('truer')],
  ['subject.ockam-role', ident('subject.ockam-role')],
  ['a:b@c/d?', ident('a:b@c/d?')],
  ['<=>', ident('<=>')],
  ['$', ident('$')],
  ['$a', ident('a')],
  ['$1', ident('1')],
  ["$it's|", ident("it's|")],
  ['"db"', str('db')],
  ['""', str('')],
  [String.raw`"\t\n\r\"\'\\"`, str('\t\n\r"\'\\')],
  [String.raw`"\c3\bc\u{fc}\u{1F600}\u{0000041}"`, str('üü😀A')],
  ['"wörk 水"', str('wörk 水')],
  ['"(; no comment ;) ;; none"', str('(; no comment ;) ;; none')],
  ['[]', seq()],
  ['[1 2]', seq(int(1n), int(2n))],
  ['["a" "]"]', seq(str('a'), str(']'))],
  ['[[1] ["a" "b"]]', seq(seq(int(1n)), seq(str('a'), str('b')))],
  ['[(= 1 2)(= 3 "x")]', seq(list(ident('='), int(1n), int(2n)), list(ident('='), int(3n), str('x')))],
  ['()', list()],
  ['(f 1)', list(ident('f'), int(1n))],
  ['(; a (; b ;) c ;) 1 ;; end\n', int(1n)],
  ['\r\n\t1\r\n', int(1n)],
];

for (const [text, expr] of TOKENS) {
  test(`full form: ${JSON.stringify(text)}`, () => assert.deepEqual(argument(text), expr));
}

const REFUSED = [
  '9223372036854775808',
  '-9223372036854775809',
  '0x8000000000000000',
  '1__0',
  '1_',
  '0x',
  '0X1F',
  '0x1.8',
  '0x1p3',
  '1_0.5',
  '.5',
  '1e',
  '1.5.5',
  '#a',
  '@a',
  "'a",
  'a|b',
  'a#b',
  '{',
  '}',
  ',',
  ';',
  'ä',
  '\u00a0',
  '\u0000',
  '"',
  '"a',
  '"\n"',
  '"\u007f"',
  String.raw`"\x"`,
  String.raw`"\u{}"`,
  String.raw`"\u{d800}"`,
  String.raw`"\u{110000}"`,
  String.raw`"\u{1000000}"`,
  String.raw`"\ff"`,
  String.raw`"\c3"`,
  '"a""b"',
  '"a"b',
  'a"b"',
  '(; open',
  '(; (; ;)',
  ';)',
  '[1 "a"]',
  '[1 1.0]',
  '[a "a"]',
  '[() []]',
  '[[1] ["a"]]',
  '[1 1 "a"]',
  ')',
  ']',
  '(]',
  '[)',
  '(',
  '[',
  '((a)',
];

for (const text of REFUSED) {
  test(`no full form: ${JSON.stringify(text)}`, () => {
    assert.equal(
      codeOf(() => parsePolicy(`(= 1 ${text})`)),
      'POLICY_SYNTAX',
    );
  });
}

test('the first identifier must be an operator', () => {
  for (const text of [
    '()',
    '"a"',
    '1',
    '[= 1]',
    '(f 1)',
    '((f 1))',
    '(() =)',
    '("and" 1)',
    '1 = 1',
    'subject.a = "x"',
    '',
  ]) {
    assert.equal(
      codeOf(() => parsePolicy(text)),
      'POLICY_SYNTAX',
      text,
    );
  }
  for (const operator of OPERATORS) parsePolicy(`(${operator} 1 1)`);
  assert.deepEqual(parsePolicy('='), { form: 'full', expr: ident('=') });
  assert.deepEqual(parsePolicy('((= 1 1))'), { form: 'full', expr: list(list(ident('='), int(1n), int(1n))) });
});

test('several items are the list of them', () => {
  assert.deepEqual(parsePolicy('= a "x"'), parsePolicy('(= a "x")'));
  assert.deepEqual(parsePolicy('(= 1 1) (= 2 2)'), parsePolicy('((= 1 1) (= 2 2))'));
});

test('the error says how far each form got and why', () => {
  assert.throws(() => parsePolicy('(= a "x") }'), {
    code: 'POLICY_SYNTAX',
    message:
      'Cannot parse the expression as either a simple boolean expression or a full policy expression:\n' +
      " - expected a name of letters, digits, '.', '-' or '_' that starts with a letter, '-' or '_'\n" +
      ' - successfully parsed: `(= a "x") `, but `}` cannot be parsed: "}" has no meaning here',
    parsed: '(= a "x") ',
    rest: '}',
  });
  assert.throws(() => parsePolicy('component.db or'), {
    parsed: 'component.db',
    rest: ' or',
    message:
      /\n - successfully parsed: `component\.db`, but ` or` cannot be parsed\n - an expression starts with an operator/,
  });
});

test('depth, parts and length are bounded', () => {
  const tooComplex = { code: 'POLICY_TOO_COMPLEX' };
  // A leaf may have 32 lists around it.
  parsePolicy(`${'(= '.repeat(MAX_DEPTH)}1${')'.repeat(MAX_DEPTH)}`);
  assert.throws(() => parsePolicy(`${'(= '.repeat(MAX_DEPTH + 1)}1${')'.repeat(MAX_DEPTH + 1)}`), tooComplex);
  assert.throws(() => parsePolicy(`= ${'(= '.repeat(MAX_DEPTH)}1${')'.repeat(MAX_DEPTH)}`), tooComplex);
  parsePolicy(`= ${'(= '.repeat(MAX_DEPTH - 1)}1${')'.repeat(MAX_DEPTH - 1)}`);
  // Negations read like the boolean form up to the very end.
  parsePolicy(`${'(not '.repeat(MAX_DEPTH)}"x"${')'.repeat(MAX_DEPTH)}`);
  for (const opening of ['(= ', '[', '(', '(not ']) {
    assert.throws(() => parsePolicy(`= ${opening.repeat(3_000)}`), tooComplex, opening);
  }
  parsePolicy(`(= ${'1 '.repeat(MAX_NODES - 2)})`);
  assert.throws(() => parsePolicy(`(= ${'1 '.repeat(MAX_NODES - 1)})`), tooComplex);
  assert.throws(() => parsePolicy(' '.repeat(MAX_TEXT_LENGTH + 1)), tooComplex);
  assert.throws(() => parsePolicy(`= ${' '.repeat(MAX_TEXT_LENGTH - 3)}}`), { code: 'POLICY_SYNTAX' });
});

const anyName = fc.oneof(
  fc.constantFrom('subject.a', 'resource.id', '$', '1', 'inf', 'true', '-', '@x', '$$'),
  fc.stringMatching(/^[\w!#$%&'*+\-./:<=>?@\\^`|~]{1,8}$/),
);
const leaf = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 8 }).map(str),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(int),
  fc.double().map(float),
  fc.boolean().map(bool),
  anyName.map(ident),
);
const { expr: anyExpr } = fc.letrec<{ expr: Expr }>((tie) => ({
  expr: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.array(tie('expr'), { maxLength: 4 }).map((items) => list(...items)),
    fc.array(fc.string({ maxLength: 5 }).map(str), { maxLength: 4 }).map((items) => seq(...items)),
    fc.tuple(tie('expr')).map(([item]) => seq(item, item)),
  ),
}));

test('what is printed reads back as the same', () => {
  fc.assert(
    fc.property(fc.array(anyExpr, { maxLength: 4 }), (items) => {
      const expr = list(ident('='), str('x'), ...items);
      const text = printExpr(expr);
      assert.ok(!/[\p{Cc}\u2028\u202e]/u.test(text));
      const read = parsePolicy(text);
      assert.deepEqual(read, { form: 'full', expr });
      assert.equal(printPolicy(read), text);
    }),
    { numRuns: 500 },
  );
});

test('floats print with the shortest digits and never as integers', () => {
  const cases: readonly (readonly [number, string])[] = [
    [1, '1.0'],
    [-0, '-0.0'],
    [0, '0.0'],
    [1.1, '1.1'],
    [0.0001, '0.0001'],
    [0.00001, '1e-5'],
    [1e15, '1000000000000000.0'],
    [1e16, '1e16'],
    [-1.5e300, '-1.5e300'],
    [Infinity, '+inf'],
    [-Infinity, '-inf'],
    [NaN, 'nan'],
  ];
  for (const [value, text] of cases) assert.equal(printExpr(float(value)), text);
});

test('strings print without anything invisible, names so that they stay names', () => {
  assert.equal(
    printExpr(str('a"\\\t\n\r\u0000\u200b\u0301 \u00a0ü')),
    String.raw`"a\"\\\t\n\r\u{0}\u{200b}\u{301} \u{a0}ü"`,
  );
  assert.equal(printExpr(list(ident('1'), ident('$a'), ident('a'), ident('$'))), '($1 $$a a $)');
});

test('any text is read or refused', () => {
  const alphabet = [
    '(',
    ')',
    '[',
    ']',
    '"',
    '\\',
    ';',
    '(;',
    ';)',
    ';;',
    '\n',
    ' ',
    '=',
    'and',
    'a',
    '1',
    '.',
    '$',
    '\\u{',
    '}',
    'ü',
    '\ud800',
  ];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...alphabet), { maxLength: 20 }), (parts) => {
      codeOf(() => parsePolicy(parts.join('')), 'POLICY_');
    }),
    { numRuns: 3_000 },
  );
});
