import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { hasCode } from '../../kernel/index.ts';
import { parseBooleanPrefix } from './boolean-parser.ts';
import type { PolicyError } from './errors.ts';
import { type BooleanExpr, MAX_DEPTH } from './expression.ts';
import { parsePolicy } from './parse.ts';
import { printPolicy } from './print.ts';

const name = (text: string): BooleanExpr => ({ kind: 'name', name: text });
const or = (left: BooleanExpr, right: BooleanExpr): BooleanExpr => ({ kind: 'or', left, right });
const and = (left: BooleanExpr, right: BooleanExpr): BooleanExpr => ({ kind: 'and', left, right });
const not = (operand: BooleanExpr): BooleanExpr => ({ kind: 'not', operand });
const [a, b, c] = [name('a'), name('b'), name('c')] as const;

const READ: readonly (readonly [string, BooleanExpr])[] = [
  ['a', a],
  ['a-b', name('a-b')],
  ['a1_2b-3c4.x', name('a1_2b-3c4.x')],
  ['___reserved', name('___reserved')],
  ['-', name('-')],
  ['author', name('author')],
  ['android', name('android')],
  ['a and b', and(a, b)],
  ['a and b and c', and(and(a, b), c)],
  ['a or b or c', or(or(a, b), c)],
  ['a or b and not c', or(a, and(b, not(c)))],
  ['a and b or c', or(and(a, b), c)],
  ['not a and b', and(not(a), b)],
  ['not (a and b)', not(and(a, b))],
  ['not not a', not(not(a))],
  ['not(not a)', not(not(a))],
  [' not a', not(a)],
  ['( ( (a )))', a],
  [' (a) ', a],
  ['(a)and(b)', and(a, b)],
  ['(a or b) and (not c)', and(or(a, b), not(c))],
  ['a\tand\r\nb', and(a, b)],
  ['notary', not(name('ary'))],
  ['a orb', or(a, b)],
  ['a andb', and(a, b)],
  ['not', name('not')],
  ['not.a', name('not.a')],
  ['not1', name('not1')],
  ['not not', not(name('not'))],
  ['and and and', and(name('and'), name('and'))],
  ['or', name('or')],
  ['(and)', name('and')],
  ['true', name('true')],
  ['a-or-b', name('a-or-b')],
];

for (const [text, expr] of READ) {
  test(`boolean form: ${JSON.stringify(text)}`, () => assert.deepEqual(parsePolicy(text), { form: 'boolean', expr }));
}

const PREFIXES: readonly (readonly [string, string | undefined, string | undefined])[] = [
  ['component.db or', 'component.db', ' or'],
  ['na*me', 'na', '*me'],
  ['a and', 'a', ' and'],
  ['a and b not c', 'a and b', ' not c'],
  ['(a and b) or (c and d))', '(a and b) or (c and d)', ')'],
  ['a ', 'a', ' '],
  ['a or (b', 'a', ' or (b'],
  ['a and (b or', 'a', ' and (b or'],
  ['a OR b', 'a', ' OR b'],
  ['a\u00a0or b', 'a', '\u00a0or b'],
  ['ä', undefined, undefined],
  [' a', undefined, undefined],
  ['()', undefined, undefined],
  ['', undefined, undefined],
];

for (const [text, parsed, rest] of PREFIXES) {
  test(`no boolean form: ${JSON.stringify(text)}`, () => {
    assert.throws(
      () => parsePolicy(text),
      (error: PolicyError) => {
        assert.ok(hasCode(error, 'POLICY_SYNTAX'));
        assert.equal(error.parsed, parsed);
        assert.equal(error.rest, rest);
        if (parsed !== undefined) {
          assert.ok(
            error.message.includes(`\n - successfully parsed: \`${parsed}\`, but \`${rest}\` cannot be parsed\n`),
          );
        }
        return true;
      },
    );
  });
}

const NAMES = fc.stringMatching(/^[A-Za-z_-][A-Za-z0-9._-]{0,6}$/).filter((text) => !text.startsWith('not'));
const { expr: anyBoolean } = fc.letrec<{ expr: BooleanExpr }>((tie) => ({
  expr: fc.oneof(
    { maxDepth: 6 },
    NAMES.map(name),
    fc.tuple(tie('expr'), tie('expr')).map(([x, y]) => or(x, y)),
    fc.tuple(tie('expr'), tie('expr')).map(([x, y]) => and(x, y)),
    tie('expr').map(not),
  ),
}));

test('what is printed reads back as the same', () => {
  fc.assert(
    fc.property(anyBoolean, (expr) => {
      assert.deepEqual(parsePolicy(printPolicy({ form: 'boolean', expr })), { form: 'boolean', expr });
    }),
  );
});

test('any text is read or refused, and the part that was read reads alone', () => {
  const soup = fc.array(fc.constantFrom('a', 'not', 'and', 'or', '(', ')', ' ', '.', '1', '*'), { maxLength: 16 });
  fc.assert(
    fc.property(soup, (parts) => {
      const text = parts.join('');
      const prefix = parseBooleanPrefix(text);
      if (prefix === undefined) return;
      assert.deepEqual(parseBooleanPrefix(text.slice(0, prefix.end)), prefix);
    }),
    { numRuns: 2_000 },
  );
});

test('operators may be 31 deep, however they are nested', () => {
  const tooComplex = { code: 'POLICY_TOO_COMPLEX' };
  const most = MAX_DEPTH - 1;
  parsePolicy(`a${' or b'.repeat(most)}`);
  assert.throws(() => parsePolicy(`a${' or b'.repeat(most + 1)}`), tooComplex);
  parsePolicy(`${'not '.repeat(most)}a`);
  assert.throws(() => parsePolicy(`${'not '.repeat(most + 1)}a`), tooComplex);
  assert.throws(() => parsePolicy(`(a${' and b'.repeat(20)}) and c${' and b'.repeat(20)}`), tooComplex);
  parsePolicy(`${'('.repeat(90)}a${')'.repeat(90)}`);
  for (const opening of ['(', 'not ', 'not(']) {
    assert.throws(() => parsePolicy(`${opening.repeat(3_000)}a`), tooComplex);
  }
});
