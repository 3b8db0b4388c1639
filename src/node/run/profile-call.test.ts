import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8 } from '../../kernel/index.ts';
import { checkProfile } from './profile-call.ts';

test('a call for a profile is checked', () => {
  assert.deepEqual(checkProfile(utf8('{"function":"f","durationMs":500,"more":1}')), {
    function: 'f',
    durationMs: 500,
  });
  for (const bad of [
    '',
    '{',
    'null',
    '[]',
    '{"function":"f"}',
    '{"function":1,"durationMs":500}',
    '{"function":"f","durationMs":"5"}',
  ]) {
    assert.throws(() => checkProfile(utf8(bad)), { code: 'NODE_INPUT' }, bad);
  }
  for (const durationMs of [0, -1, 49, 60_001, 1e300]) {
    assert.throws(() => checkProfile(utf8(JSON.stringify({ function: 'f', durationMs }))), { code: 'NODE_INPUT' });
  }
});
