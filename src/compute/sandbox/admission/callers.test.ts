import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Callers, NOBODY } from './callers.ts';

test('a caller has room for as many as it may have, and a number while it has any', () => {
  const callers = new Callers(2);
  const a = callers.enter('a');
  assert.equal(callers.enter('a'), a);
  assert.notEqual(callers.enter('b'), a);
  assert.deepEqual(
    [callers.hasRoom('a'), callers.hasRoom('b'), callers.hasRoom('c'), callers.size],
    [false, true, true, 2],
  );
  callers.leave('a');
  assert.equal(callers.hasRoom('a'), true);
  callers.leave('a');
  callers.leave('a');
  assert.deepEqual([callers.size, callers.calls], [1, 1]);
  assert.notEqual(callers.enter('a'), a);
});

test('those who give no name are not held back', () => {
  const callers = new Callers(1);
  callers.enter(NOBODY);
  callers.enter(NOBODY);
  assert.equal(callers.hasRoom(NOBODY), true);
});
