import assert from 'node:assert/strict';
import { test } from 'node:test';
import { policyEnvironment } from './environment.ts';

const request = { resource: 'outlet', action: 'handle_message', subject: 'Iaa' };
const str = (value: string): unknown => ({ kind: 'str', value });
const bool = (value: boolean): unknown => ({ kind: 'bool', value });
const ALWAYS = [
  ['resource.id', str('outlet')],
  ['action.id', str('handle_message')],
  ['subject.identifier', str('Iaa')],
] as const;

test('without an authority only resource, action and identifier are bound', () => {
  const attributes = new Map([['a', 'true']]);
  assert.deepEqual([...policyEnvironment({ ...request, attributes })], ALWAYS);
});

test('without a credential nothing is attested', () => {
  const attributes = new Map([['a', 'true']]);
  assert.deepEqual(
    [...policyEnvironment({ ...request, hasCredential: false, attributes })],
    [...ALWAYS, ['subject.has_credential', bool(false)]],
  );
});

test('each attribute is a text; those that would shadow a name are left out', () => {
  const attributes = new Map([
    ['a', 'true'],
    ['key with blanks', 'x'],
    ['identifier', 'Ievil'],
    ['has_credential', 'false'],
    ['resource.id', 'other'],
    ['action.id', 'other'],
    ['subject.identifier', 'Ievil'],
    ['subject.a', 'shadow'],
    ['id', '7'],
    ['', 'empty'],
  ]);
  assert.deepEqual(
    [...policyEnvironment({ ...request, hasCredential: true, attributes })],
    [
      ...ALWAYS,
      ['subject.has_credential', bool(true)],
      ['subject.a', str('true')],
      ['subject.key with blanks', str('x')],
      ['subject.id', str('7')],
      ['subject.', str('empty')],
    ],
  );
});
