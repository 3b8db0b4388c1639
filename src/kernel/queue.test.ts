import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Queue } from './queue.ts';

test('it does what an array does', () => {
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ push: fc.nat(30) }) },
    { weight: 2, arbitrary: fc.constantFrom('shift' as const, 'pop' as const) },
    { weight: 2, arbitrary: fc.record({ delete: fc.nat(30) }) },
    { weight: 1, arbitrary: fc.record({ find: fc.nat(30) }) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300, size: 'max' }), (steps) => {
      const queue = new Queue<number>();
      const oracle: number[] = [];
      for (const one of steps) {
        if (one === 'shift') assert.equal(queue.shift(), oracle.shift());
        else if (one === 'pop') assert.equal(queue.pop(), oracle.pop());
        else if ('push' in one) {
          queue.push(one.push);
          oracle.push(one.push);
        } else if ('delete' in one) {
          const at = oracle.indexOf(one.delete);
          if (at >= 0) oracle.splice(at, 1);
          assert.equal(queue.delete(one.delete), at >= 0);
        } else {
          const holds = (item: number): boolean => item > one.find;
          assert.equal(queue.find(holds), oracle.find(holds));
        }
        assert.equal(queue.size, oracle.length);
      }
      assert.deepEqual([...queue], oracle);
    }),
    { numRuns: 300 },
  );
});

test('one that waits at the head for long does not make it grow', () => {
  const queue = new Queue<string>();
  queue.push('first');
  for (let i = 0; i < 100_000; i++) {
    queue.push(String(i));
    assert.ok(queue.delete(String(i)));
  }
  let looked = 0;
  queue.find(() => {
    looked++;
    return false;
  });
  assert.equal(looked, 1);
  queue.push('last');
  assert.deepEqual([...queue], ['first', 'last']);
});

test('what is taken out while somebody goes through it does not come, and nothing is left out', () => {
  const queue = new Queue<number>();
  for (let i = 0; i < 6; i++) queue.push(i);
  const seen: number[] = [];
  for (const item of queue) {
    seen.push(item);
    if (item % 2 === 0) assert.ok(queue.delete(item));
    if (item === 1) assert.ok(queue.delete(4));
  }
  assert.deepEqual(seen, [0, 1, 2, 3, 5]);
  assert.deepEqual([...queue], [1, 3, 5]);
  for (const item of queue) assert.ok(queue.delete(item));
  assert.equal(queue.size, 0);
});

test('who goes on through one whose items have moved is told so', () => {
  const queue = new Queue<number>();
  for (let i = 0; i < 40; i++) queue.push(i);
  const walk = queue[Symbol.iterator]();
  assert.equal(walk.next().value, 0);
  for (let i = 0; i < 30; i++) queue.shift();
  queue.push(40);
  assert.throws(() => walk.next(), /added to/);
  assert.equal([...queue].length, 11);
});

test('after a rush it begins anew', () => {
  const queue = new Queue<number>();
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 5000; i++) queue.push(i);
    for (let i = 0; i < 5000; i++) assert.equal(queue.shift(), i);
    assert.equal(queue.shift(), undefined);
    assert.equal(queue.pop(), undefined);
    assert.deepEqual([...queue], []);
  }
});
