import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Door } from './admission.ts';

test('a line in order, with a bound; whoever gives up leaves it', () => {
  const door = new Door<string>(2, 3);
  assert.deepEqual(
    ['a', 'b', 'c', 'd'].map((name) => door.wait('x', name)),
    [undefined, undefined, undefined, 'd'],
  );
  door.giveUp('x', 'b');
  assert.equal(door.wait('x', 'd'), undefined);
  assert.equal(door.waiting, 3);
  assert.deepEqual([door.next(), door.next(), door.next(), door.next()], ['a', 'c', 'd', undefined]);
});

test('a caller who fills the line does not keep others out of it', () => {
  const door = new Door<string>(1, 3);
  for (const name of ['a1', 'a2', 'a3']) door.wait('a', name);
  assert.equal(door.wait('b', 'b1'), 'a3');
  assert.equal(door.wait('b', 'b2'), 'b2', 'both have the same then');
  assert.deepEqual([door.next(), door.next(), door.next()], ['a1', 'b1', 'a2']);
});

test('room is what the bound leaves', () => {
  const door = new Door<string>(2, 0);
  assert.equal(door.hasRoom, true);
  door.enter();
  door.enter();
  assert.deepEqual([door.hasRoom, door.inFlight, door.wait('', 'x')], [false, 2, 'x']);
  door.leave(5);
  assert.equal(door.hasRoom, true);
});

test('the advice when to come again grows with the line and with what calls take, up to half a minute', () => {
  const door = new Door<number>(1, 100);
  assert.equal(door.retryAfterSeconds, 1);
  for (let i = 0; i < 100; i++) {
    door.enter();
    door.leave(2000);
  }
  assert.equal(door.retryAfterSeconds, 2);
  for (let i = 0; i < 4; i++) door.wait('x', i);
  assert.equal(door.retryAfterSeconds, 10);
  for (let i = 4; i < 100; i++) door.wait('x', i);
  assert.equal(door.retryAfterSeconds, 30);
});
