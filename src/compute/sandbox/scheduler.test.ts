import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SliceMeter, makeControl, sliceOf } from './control.ts';
import { Scheduler, type Sliced } from './scheduler.ts';

function setUp() {
  let time = 0;
  const now = (): number => time;
  const control = makeControl(1);
  const flag = new Int32Array(1);
  const turns: string[] = [];
  const order: string[] = [];
  const scheduler = new Scheduler(new SliceMeter(control, 0, flag, now), 10, now, () => turns.push(order.join('')));
  /** A task that runs `slices` slices of `ms` each, suspending in between. */
  const task = (name: string, slices: number, ms: number): Sliced & { readonly spent: () => number } => {
    let left = slices;
    let spent = 0;
    const self = {
      runnable: true,
      spent: () => spent,
      resume: () => {
        order.push(name);
        assert.equal(scheduler.isRunning(self), true);
        assert.equal(sliceOf(control, 0) % 2, 1);
        assert.equal(flag[0], 0);
        // What a guest does: it runs in a microtask, then gives way.
        queueMicrotask(() => {
          time += ms;
          flag[0] = 1;
          left--;
          spent += scheduler.end(self);
          assert.equal(scheduler.end(self), 0);
          if (left > 0) scheduler.add(self);
        });
      },
    };
    return self;
  };
  const idle = async (): Promise<void> => {
    for (let i = 0; i < 50; i++) await new Promise(setImmediate);
  };
  return { scheduler, task, order, turns, idle, control };
}

test('tasks take slices in turn', async () => {
  const { scheduler, task, order, idle } = setUp();
  for (const name of ['a', 'b', 'c']) scheduler.add(task(name, 3, 1));
  await idle();
  assert.equal(order.join(''), 'abcabcabc');
});

test('a newcomer waits one round at most', async () => {
  const { scheduler, task, order, idle } = setUp();
  scheduler.add(task('a', 4, 5));
  scheduler.add(task('b', 4, 5));
  await new Promise(setImmediate);
  scheduler.add(task('c', 1, 1));
  await idle();
  assert.ok(order.indexOf('c') <= 5, order.join(''));
  assert.equal(order.join('').replaceAll('c', ''), 'abababab');
});

test('the time of each slice is told to the task that had it', async () => {
  const { scheduler, task, idle } = setUp();
  const short = task('s', 5, 1);
  const long = task('l', 2, 30);
  scheduler.add(short);
  scheduler.add(long);
  await idle();
  assert.deepEqual([short.spent(), long.spent()], [5, 60]);
});

test('after a turn the event loop is served, and the outbox', async () => {
  const { scheduler, task, order, turns, idle } = setUp();
  scheduler.add(task('a', 25, 1));
  let seen = '';
  setImmediate(() => {
    seen = order.join('');
  });
  await idle();
  assert.ok(seen.length < 25, 'an immediate ran in between');
  assert.deepEqual(turns, ['a'.repeat(10), 'a'.repeat(20), 'a'.repeat(25)]);
});

test('a task that ended while it stood in line is passed over', async () => {
  const { scheduler, task, order, idle, control } = setUp();
  const dead = { ...task('x', 1, 1), runnable: false };
  for (let i = 0; i < 3000; i++) scheduler.add(dead);
  scheduler.add(task('a', 2, 1));
  await idle();
  assert.equal(order.join(''), 'aa');
  assert.equal(sliceOf(control, 0) % 2, 0);
});
