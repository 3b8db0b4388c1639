import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FairLine } from './fair-line.ts';

function lineOf(...waiters: readonly string[]): FairLine<string, string> {
  const line = new FairLine<string, string>();
  for (const waiter of waiters) line.add(waiter[0]!, waiter);
  return line;
}

function drain(line: FairLine<string, string>): string[] {
  const taken: string[] = [];
  for (let next = line.take(); next !== undefined; next = line.take()) taken.push(next);
  return taken;
}

test('callers take turns, each in the order of its own', () => {
  const line = lineOf('a1', 'a2', 'a3', 'b1', 'c1', 'c2');
  assert.equal(line.size, 6);
  assert.deepEqual(drain(line), ['a1', 'b1', 'c1', 'a2', 'c2', 'a3']);
  assert.equal(line.size, 0);
});

test('who comes back stands behind the others', () => {
  const line = lineOf('a1', 'a2', 'b1');
  assert.equal(line.take(), 'a1');
  line.add('a', 'a3');
  assert.deepEqual(drain(line), ['b1', 'a2', 'a3']);
});

test('a caller who may not go is passed over and keeps its turn', () => {
  const line = lineOf('a1', 'b1', 'b2');
  assert.equal(
    line.take((caller) => caller !== 'a'),
    'b1',
  );
  assert.deepEqual(drain(line), ['a1', 'b2']);
  assert.equal(
    lineOf('a1').take(() => false),
    undefined,
  );
});

test('whoever gives up leaves; nobody is there twice', () => {
  const line = lineOf('a1', 'a2', 'b1', 'a1');
  assert.equal(line.size, 3);
  assert.equal(line.remove('a', 'a1'), true);
  assert.equal(line.remove('a', 'a1'), false);
  assert.equal(line.serve('x', 'x1'), false);
  assert.deepEqual([...line], ['a2', 'b1']);
  assert.deepEqual(drain(line), ['a2', 'b1']);
});

test('a full line takes its last place from who has the most', () => {
  const line = lineOf('a1', 'a2', 'a3', 'b1', 'b2');
  assert.equal(line.giveUpLongest('c'), 'a3');
  line.add('c', 'c1');
  assert.equal(line.giveUpLongest('c'), undefined, 'two of c would be as many as others have');
  assert.equal(line.giveUpLongest('a'), undefined, 'a has the most itself');
  assert.equal(lineOf().giveUpLongest('a'), undefined);
  assert.deepEqual(drain(line), ['a1', 'b1', 'c1', 'a2', 'b2']);
});

test('against a naive line: each of n callers gets every n-th turn, all are served once', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(4), { maxLength: 60 }), (callers) => {
      const line = lineOf(...callers.map((caller, i) => `${'abcde'[caller]!}${i}`));
      const queues = new Map<string, string[]>();
      for (const [i, caller] of callers.entries()) {
        const name = 'abcde'[caller]!;
        queues.set(name, [...(queues.get(name) ?? []), `${name}${i}`]);
      }
      const expected: string[] = [];
      while ([...queues.values()].some((queue) => queue.length > 0)) {
        for (const queue of queues.values()) expected.push(...queue.splice(0, 1));
      }
      assert.deepEqual(drain(line), expected);
    }),
  );
});
