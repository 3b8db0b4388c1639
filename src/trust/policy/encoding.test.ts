import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { encodeValue } from '../../../test/support/cbor-value.ts';
import { assertSturdy, codeOf } from '../../../test/support/hostile.ts';
import { CborReader, CborWriter } from '../../kernel/cbor/index.ts';
import { concat, fromHex, toHex } from '../../kernel/index.ts';
import {
  readBooleanExpr,
  readExpr,
  readPolicyExpression,
  writeBooleanExpr,
  writeExpr,
  writePolicyExpression,
} from './encoding.ts';
import { type BooleanExpr, type Expr, MAX_DEPTH, MAX_NODES } from './expression.ts';
import { parsePolicy } from './parse.ts';
import {
  decodePoliciesList,
  decodeResource,
  decodeResourcePolicy,
  decodeResourceTypeOrName,
  decodeResourceTypePolicy,
  decodeSetPolicyRequest,
  encodePoliciesList,
  encodeResource,
  encodeResourcePolicy,
  encodeResourceTypeOrName,
  encodeResourceTypePolicy,
  encodeSetPolicyRequest,
} from './structures.ts';
import { DEFAULT_POLICY, isResourceType, RESOURCE_TYPES } from './resources.ts';

function bytesOf(write: (writer: CborWriter) => void): Uint8Array {
  const writer = new CborWriter(16);
  write(writer);
  return writer.finish();
}
const expr = (bytes: Uint8Array): Expr => readExpr(new CborReader(bytes));
const boolean = (bytes: Uint8Array): BooleanExpr => readBooleanExpr(new CborReader(bytes));

const anyName = fc.stringMatching(/^[A-Za-z_-][A-Za-z0-9._-]{0,6}$/);
const leaf: fc.Arbitrary<Expr> = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 20 }).map((value): Expr => ({ kind: 'str', value })),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((value): Expr => ({ kind: 'int', value })),
  fc.double().map((value): Expr => ({ kind: 'float', value })),
  fc.boolean().map((value): Expr => ({ kind: 'bool', value })),
  anyName.map((name): Expr => ({ kind: 'ident', name })),
);
const { expr: anyExpr, boolean: anyBoolean } = fc.letrec<{ expr: Expr; boolean: BooleanExpr }>((tie) => ({
  expr: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.array(tie('expr'), { maxLength: 4 }).map((items): Expr => ({ kind: 'list', items })),
    fc.array(tie('expr'), { maxLength: 4 }).map((items): Expr => ({ kind: 'seq', items })),
  ),
  boolean: fc.oneof(
    { maxDepth: 5 },
    anyName.map((name): BooleanExpr => ({ kind: 'name', name })),
    fc.constant<BooleanExpr>({ kind: 'empty' }),
    tie('boolean').map((operand): BooleanExpr => ({ kind: 'not', operand })),
    fc
      .tuple(fc.constantFrom('or', 'and'), tie('boolean'), tie('boolean'))
      .map(([kind, left, right]): BooleanExpr => ({ kind, left, right })),
  ),
}));

test('full and boolean expressions go there and back', () => {
  fc.assert(
    fc.property(anyExpr, (value) => assert.deepEqual(expr(bytesOf((writer) => writeExpr(writer, value))), value)),
  );
  fc.assert(
    fc.property(anyBoolean, (value) => {
      assert.deepEqual(boolean(bytesOf((writer) => writeBooleanExpr(writer, value))), value);
    }),
  );
});

test('policy expressions keep their form', () => {
  for (const text of ['a and not b', '(= subject.a "x")']) {
    const expression = parsePolicy(text);
    const bytes = bytesOf((writer) => writePolicyExpression(writer, expression));
    assert.deepEqual(readPolicyExpression(new CborReader(bytes)), expression);
  }
});

test('structures go there and back', () => {
  const resource = { name: 'outlet', type: 'tcp-outlet' } as const;
  assert.deepEqual(decodeResource(encodeResource(resource)), resource);
  assert.equal(toHex(encodeResource(resource)), 'a201666f75746c65740202');
  const ofName = { name: 'outlet', expression: DEFAULT_POLICY };
  const ofType = { type: 'lessor', expression: DEFAULT_POLICY } as const;
  assert.deepEqual(decodeResourcePolicy(encodeResourcePolicy(ofName)), ofName);
  assert.deepEqual(decodeResourceTypePolicy(encodeResourceTypePolicy(ofType)), ofType);
  const list = { resourcePolicies: [ofName, { ...ofName, name: 'other' }], resourceTypePolicies: [ofType] };
  assert.deepEqual(decodePoliciesList(encodePoliciesList(list)), list);
  assert.equal(toHex(encodePoliciesList({ resourcePolicies: [], resourceTypePolicies: [] })), 'a201800280');
  for (const type of RESOURCE_TYPES)
    assert.deepEqual(decodeResourceTypeOrName(encodeResourceTypeOrName({ type })), { type });
  assert.deepEqual(decodeResourceTypeOrName(encodeResourceTypeOrName({ name: 'echo' })), { name: 'echo' });
  assert.equal(toHex(encodeResourceTypeOrName({ name: 'echo' })), '820282f6646563686f');
  const request = { resource: { name: 'echo' }, expression: parsePolicy('a or b') };
  assert.deepEqual(decodeSetPolicyRequest(encodeSetPolicyRequest(request)), request);
});

test('resource types are known by name', () => {
  assert.ok(isResourceType('relay'));
  assert.ok(!isResourceType('Relay') && !isResourceType('constructor'));
});

test('what a newer peer adds is skipped', () => {
  const extended = encodeValue(
    new Map<number, string | number | number[]>([
      [0, 7],
      [1, 'outlet'],
      [2, 2],
      [9, [1, 2]],
    ]),
  );
  assert.deepEqual(decodeResource(extended), { name: 'outlet', type: 'tcp-outlet' });
  assert.deepEqual(expr(fromHex('820182616105')), { kind: 'str', value: 'a' });
  assert.deepEqual(expr(fromHex('82049ff5ff')), { kind: 'bool', value: true });
  for (const hex of ['820480', '820405', '8204f6', '820481c100'])
    assert.deepEqual(boolean(fromHex(hex)), { kind: 'empty' });
});

test('unknown variants, types, actions, names and missing fields are refused', () => {
  const cases: readonly (readonly [string, (bytes: Uint8Array) => unknown, string])[] = [
    ['820081f5', expr, 'POLICY_MALFORMED'],
    ['820880', expr, 'POLICY_MALFORMED'],
    ['820480', expr, 'CBOR_MISSING_FIELD'],
    ['8104', expr, 'CBOR_OUT_OF_RANGE'],
    ['9f0481f5ff', expr, 'CBOR_OUT_OF_RANGE'],
    ['82058160', expr, 'POLICY_MALFORMED'],
    ['82058163612062', expr, 'POLICY_MALFORMED'],
    ['82058162c3bc', expr, 'POLICY_MALFORMED'],
    ['8205816128', expr, 'POLICY_MALFORMED'],
    ['8202811b8000000000000000', expr, 'CBOR_OUT_OF_RANGE'],
    ['820580', expr, 'CBOR_MISSING_FIELD'],
    ['8200816131', boolean, 'POLICY_MALFORMED'],
    ['820580', boolean, 'POLICY_MALFORMED'],
    ['820381f6', boolean, 'CBOR_MISSING_FIELD'],
    ['82038100', boolean, 'CBOR_UNEXPECTED_TYPE'],
    ['820305', boolean, 'CBOR_UNEXPECTED_TYPE'],
    ['a1016161', decodeResource, 'POLICY_MALFORMED'],
    ['a20161610208', decodeResource, 'POLICY_MALFORMED'],
    ['a20161610200', decodeResource, 'POLICY_MALFORMED'],
    ['a3016161020203820481f5', decodeResourcePolicy, 'POLICY_MALFORMED'],
    ['a201616103820481f5', decodeResourcePolicy, 'POLICY_MALFORMED'],
    ['820382f601', decodeResourceTypeOrName, 'POLICY_MALFORMED'],
    ['820181f6', decodeResourceTypeOrName, 'CBOR_MISSING_FIELD'],
  ];
  for (const [hex, decode, code] of cases) {
    assert.equal(
      codeOf(() => decode(fromHex(hex))),
      code,
      hex,
    );
  }
});

test('depth and parts are bounded; what a text can say can be sent', () => {
  const deepest = parsePolicy(`${'(= '.repeat(MAX_DEPTH)}1${')'.repeat(MAX_DEPTH)}`);
  const longest = parsePolicy(`a${' or b'.repeat(MAX_DEPTH - 1)}`);
  for (const expression of [deepest, longest]) {
    const request = { resource: { name: 'x' }, expression };
    assert.deepEqual(decodeSetPolicyRequest(encodeSetPolicyRequest(request)), request);
  }
  const nest = (levels: number): Uint8Array => concat(fromHex('82078181'.repeat(levels)), fromHex('820481f5'));
  assert.equal(
    codeOf(() => expr(nest(MAX_DEPTH))),
    undefined,
  );
  assert.equal(
    codeOf(() => expr(nest(MAX_DEPTH + 1))),
    'POLICY_TOO_COMPLEX',
  );
  assert.equal(
    codeOf(() => expr(nest(10_000))),
    'POLICY_TOO_COMPLEX',
  );
  const negate = (levels: number): Uint8Array => concat(fromHex('820381'.repeat(levels)), fromHex('8200816161'));
  assert.equal(
    codeOf(() => boolean(negate(MAX_DEPTH - 1))),
    undefined,
  );
  assert.equal(
    codeOf(() => boolean(negate(MAX_DEPTH))),
    'POLICY_TOO_COMPLEX',
  );
  assert.equal(
    codeOf(() => boolean(negate(10_000))),
    'POLICY_TOO_COMPLEX',
  );
  const wide = (items: number): Uint8Array =>
    bytesOf((writer) =>
      writeExpr(writer, {
        kind: 'seq',
        items: Array.from({ length: items }, (): Expr => ({ kind: 'bool', value: true })),
      }),
    );
  assert.equal(
    codeOf(() => expr(wide(MAX_NODES - 1))),
    undefined,
  );
  assert.equal(
    codeOf(() => expr(wide(MAX_NODES))),
    'POLICY_TOO_COMPLEX',
  );
});

test('every truncation is refused and every byte flip is refused or read', () => {
  const full = parsePolicy('(and (= subject.a "x") (member? 1 [1 2]) (< 1.5 2.5) true)');
  const request = (text: string): Uint8Array =>
    encodeSetPolicyRequest({ resource: { type: 'relay' }, expression: parsePolicy(text) });
  assertSturdy(
    bytesOf((writer) => writePolicyExpression(writer, full)),
    (bytes) => readPolicyExpression(new CborReader(bytes)),
  );
  assertSturdy(request('(= subject.a "x")'), decodeSetPolicyRequest);
  assertSturdy(request('a and not (b or c)'), decodeSetPolicyRequest);
  assertSturdy(
    encodePoliciesList({
      resourcePolicies: [{ name: 'outlet', expression: DEFAULT_POLICY }],
      resourceTypePolicies: [{ type: 'relay', expression: DEFAULT_POLICY }],
    }),
    decodePoliciesList,
  );
});
