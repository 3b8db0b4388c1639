import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { CborReader, CborWriter } from '../../kernel/cbor/index.ts';
import { fromHex, hasCode, toHex } from '../../kernel/index.ts';
import { readExpr, readPolicyExpression, writeExpr, writePolicyExpression } from './encoding.ts';
import { policyEnvironment } from './environment.ts';
import { decide } from './evaluate.ts';
import { OPERATORS, type PolicyExpression, toFullExpression } from './expression.ts';
import { parsePolicy } from './parse.ts';
import { printExpr, printPolicy } from './print.ts';
import { RESOURCE_TYPES } from './resources.ts';
import { decodeSetPolicyRequest, encodeSetPolicyRequest } from './structures.ts';

const page = readFileSync(new URL('../../../docs/protocol/policies.md', import.meta.url), 'utf8');

/** Rows of the first table of a section, without heading. */
function rowsOf(heading: string): string[][] {
  const section = page.split(/^#{2,3} /m).find((text) => text.startsWith(`${heading} `));
  const rows =
    section
      ?.match(/(?:^\|.*\n)+/m)?.[0]
      .trim()
      .split('\n')
      .slice(2) ?? [];
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', '')),
  );
}

const environment = policyEnvironment({
  resource: 'outlet',
  action: 'handle_message',
  subject: 'Iaa',
  hasCredential: true,
  attributes: new Map([
    ['component', 'db'],
    ['a', 'true'],
  ]),
});

function parsed(text: string): PolicyExpression | undefined {
  try {
    return parsePolicy(text);
  } catch (error) {
    assert.ok(hasCode(error, 'POLICY_SYNTAX'));
    return undefined;
  }
}

for (const [json = '', form, decision] of rowsOf('11')) {
  test(`policies.md §11: ${json} ${decision}`, () => {
    const expression = parsed(JSON.parse(json) as string);
    assert.equal(expression?.form ?? 'none', form);
    const allowed = expression && decide(toFullExpression(expression), environment).allowed;
    assert.equal(allowed === undefined ? 'error' : allowed ? 'allow' : 'deny', decision);
  });
}

for (const [structure, text = '', hex = ''] of rowsOf('12')) {
  test(`policies.md §12: ${structure} ${text}`, () => {
    const bytes = fromHex(hex);
    const writer = new CborWriter();
    const policy = (expression: PolicyExpression): void => {
      assert.equal(printPolicy(expression), text);
      if (text !== 'true') assert.deepEqual(parsePolicy(text), expression);
    };
    if (structure === 'full') {
      const expr = readExpr(new CborReader(bytes));
      assert.equal(printExpr(expr), text);
      if (text !== 'true') assert.deepEqual(parsePolicy(text), { form: 'full', expr });
      writeExpr(writer, expr);
      assert.equal(toHex(writer.finish()), hex);
    } else if (structure?.startsWith('policy')) {
      const expression = readPolicyExpression(new CborReader(bytes));
      policy(expression);
      assert.ok(structure.endsWith(expression.form));
      writePolicyExpression(writer, expression);
      assert.equal(toHex(writer.finish()), hex);
    } else {
      const request = decodeSetPolicyRequest(bytes);
      assert.deepEqual(request.resource, { type: 'tcp-outlet' });
      policy(request.expression);
      assert.equal(toHex(encodeSetPolicyRequest(request)), hex);
    }
  });
}

test('the tables of the page are whole and name what the code has', () => {
  assert.equal(rowsOf('11').length, 32);
  assert.equal(rowsOf('12').length, 9);
  const types = rowsOf('1').find(([term]) => term === 'resource type')?.[1];
  for (const [i, type] of RESOURCE_TYPES.entries()) assert.ok(types?.includes(`${i + 1} ${type}`));
  const operators = rowsOf('8.1').flatMap(([names]) => names?.split(', '));
  assert.deepEqual(new Set(operators), new Set(OPERATORS));
});
