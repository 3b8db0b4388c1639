import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SliceMeter, makeControl, sliceOf } from '../wire/index.ts';
import { Scheduler, type Sliced } from './scheduler.ts';

type TestTask = Sliced & { readonly spent: () => number };

function setUp() {
  let time = 0;
  const now = (): number => time;
  const control = makeControl(1);
  const flag = new Int32Array(1);
  const turns: string[] = [];
  const order: string[] = [];
  const scheduler = new Scheduler(new SliceMeter(control, 0, flag, now), 10, now, () => turns.push(order.join('')));
  /** A task that runs `slices` slices of `ms` each, suspending in between. */
  const task = (name: string, slices: number, ms: number, module = 0, caller = 0): TestTask => {
    let left = slices;
    let spent = 0;
    const self = {
      module,
      caller,
      runnable: true,
      isLong: false,
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

test('functions take turns, then their callers, whatever number of tasks each has', async () => {
  const { scheduler, task, order, idle } = setUp();
  for (let i = 0; i < 4; i++) scheduler.add(task('a', 2, 1, 1, 1));
  for (let i = 0; i < 2; i++) scheduler.add(task('b', 2, 1, 1, 2));
  scheduler.add(task('c', 6, 1, 2, 1));
  await idle();
  // Each function has every second slice as long as it has work, and of function 1 each caller every second of those.
  assert.equal(order.join(''), 'acbcacbcacbcabaaaa');
});

test('a function that had a pause goes before one that has run all the while, until it has caught up', async () => {
  const { scheduler, task, order, idle } = setUp();
  scheduler.add(task('l', 30, 2, 1));
  const comeBack = (): void => {
    if (order.length < 10) {
      setImmediate(comeBack);
      return;
    }
    scheduler.add(task('s', 4, 2, 2));
  };
  comeBack();
  await idle();
  const text = order.join('');
  const at = text.indexOf('s');
  assert.equal(text.slice(at, at + 4), 'ssss', text);
});

test('a long pause gives no claim to all the time that was missed', async () => {
  const { scheduler, task, order, idle } = setUp();
  scheduler.add(task('l', 200, 2, 1));
  const comeBack = (): void => {
    if (order.length < 100) {
      setImmediate(comeBack);
      return;
    }
    scheduler.add(task('s', 40, 2, 2));
  };
  comeBack();
  await idle();
  await idle();
  const text = order.join('');
  const after = text.slice(text.indexOf('s'));
  // 20 ms, ten slices, are caught up on; from then on both take turns.
  assert.match(after, /^s{10,12}(ls){20,}/, after);
});

test('a function that is new owes nothing, and is owed nothing, however long others ran before it came', async () => {
  const { scheduler, task, order, idle } = setUp();
  scheduler.add(task('o', 100, 2, 1));
  await idle();
  await idle();
  order.length = 0;
  scheduler.add(task('n', 60, 2, 2));
  scheduler.add(task('o', 20, 2, 1));
  await idle();
  await idle();
  // It catches up on what everybody may, and then both take turns.
  assert.match(order.join(''), /^n{10,12}(on){19,20}o?n+$/);
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

test('before a long slice the outbox is served', async () => {
  const { scheduler, task, turns, idle } = setUp();
  scheduler.add(task('a', 1, 1));
  scheduler.add(Object.assign(task('b', 1, 1), { isLong: true }));
  await idle();
  assert.deepEqual(turns, ['a', 'ab']);
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
