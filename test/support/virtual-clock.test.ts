import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from './virtual-clock.ts';

test('time stands still until it is moved, and both clocks move together', async () => {
  const clock = new VirtualClock(5_000);
  assert.equal(clock.nowMs(), 5_000);
  assert.equal(clock.monotonicMs(), 0);
  await clock.advance(250);
  assert.equal(clock.nowMs(), 5_250);
  assert.equal(clock.monotonicMs(), 250);
});

test('actions run in order of their time, then of their scheduling, each at its own time', async () => {
  const clock = new VirtualClock();
  const seen: string[] = [];
  const note = (name: string) => () => seen.push(`${name}@${clock.monotonicMs()}`);
  clock.schedule(20, note('late'));
  clock.schedule(10, note('first'));
  clock.schedule(10, note('second'));
  clock.schedule(-5, note('past'));
  await clock.advance(15);
  assert.deepEqual(seen, ['past@0', 'first@10', 'second@10']);
  assert.equal(clock.pending, 1);
  await clock.advance(5);
  assert.deepEqual(seen.slice(3), ['late@20']);
  assert.equal(clock.pending, 0);
});

test('an action may schedule another that falls due in the same advance, after promises settled', async () => {
  const clock = new VirtualClock();
  const seen: number[] = [];
  clock.schedule(10, () => {
    void Promise.resolve().then(() => clock.schedule(10, () => seen.push(clock.monotonicMs())));
  });
  await clock.advance(100);
  assert.deepEqual(seen, [20]);
});

test('a cancelled action does not run; cancelling twice or afterwards is harmless', async () => {
  const clock = new VirtualClock();
  let runs = 0;
  const cancel = clock.schedule(10, () => runs++);
  cancel();
  cancel();
  const tooLate = clock.schedule(10, () => runs++);
  await clock.advance(10);
  tooLate();
  assert.equal(runs, 1);
});
