import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Door } from './admission.ts';
import { Lines } from './lines.ts';

interface Module {
  readonly name: string;
  readonly door: Door<string>;
}

/** Lines of modules with room for `concurrency` calls each and for `total` together, and what was started. */
function lines(concurrency: number, total: number, mayGo: (caller: string) => boolean = () => true) {
  const started: string[] = [];
  const state = { room: total };
  const all = new Lines<Module, string>({
    mayStart: ({ door }) => door.hasRoom && state.room > 0,
    mayGo,
    start: (waiter) => {
      started.push(waiter);
      state.room--;
    },
  });
  const module = (name: string): Module => ({ name, door: new Door(concurrency, 100) });
  const wait = (at: Module, caller: string, waiter: string): void => {
    assert.equal(at.door.wait(caller, waiter), undefined);
    all.add(at);
  };
  return { all, started, state, module, wait };
}

test('modules take turns, and the callers of each, whoever has many calls in line', () => {
  const { all, started, module, wait } = lines(100, 100);
  const [one, other] = [module('one'), module('other')];
  for (const waiter of ['a1', 'a2', 'a3']) wait(one, 'a', waiter);
  wait(one, 'b', 'b1');
  wait(other, 'a', 'A1');
  assert.equal(all.waiting, 5);
  all.serve();
  assert.deepEqual(started, ['a1', 'A1', 'b1', 'a2', 'a3']);
  assert.equal(all.empty, true);
  assert.equal(all.waiting, 0);
});

test('who has no room keeps the place, and others go past', () => {
  const { all, started, state, module, wait } = lines(1, 2);
  const [one, other] = [module('one'), module('other')];
  wait(one, 'a', 'a1');
  wait(other, 'a', 'A1');
  one.door.enter();
  all.serve();
  assert.deepEqual(started, ['A1'], 'its module is full');
  wait(other, 'a', 'A2');
  state.room = 0;
  one.door.leave(1);
  all.serve();
  assert.deepEqual(started, ['A1'], 'there is no room at all');
  state.room = 1;
  all.serve();
  assert.deepEqual(started, ['A1', 'a1']);
  assert.equal(all.waiting, 1);
});

test('a caller who may not go holds up nobody else', () => {
  const { all, started, module, wait } = lines(100, 100, (caller) => caller !== 'a');
  const [one, other] = [module('one'), module('other')];
  wait(one, 'a', 'a1');
  wait(one, 'b', 'b1');
  wait(other, 'a', 'A1');
  all.serve();
  assert.deepEqual(started, ['b1']);
  assert.equal(all.waiting, 2);
});

test('a module whose waiters have all given up is no longer there', () => {
  const { all, started, module, wait } = lines(100, 100);
  const one = module('one');
  wait(one, 'a', 'a1');
  one.door.giveUp('a', 'a1');
  assert.deepEqual([all.empty, all.waiting], [false, 0]);
  all.serve();
  assert.deepEqual([all.empty, started], [true, []]);
});

test('all are taken out, whether they may go or not', () => {
  const { all, started, module, wait } = lines(1, 0, () => false);
  const [one, other] = [module('one'), module('other')];
  wait(one, 'a', 'a1');
  wait(other, 'a', 'A1');
  wait(one, 'b', 'b1');
  assert.deepEqual([...all.clear()], ['a1', 'b1', 'A1']);
  assert.deepEqual([all.empty, all.waiting, started], [true, 0, []]);
});
