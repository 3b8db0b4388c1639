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

test('whoever gives up leaves', () => {
  const line = lineOf('a1', 'a2', 'b1');
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

test('one may go through it and take out who is met, until somebody is served', () => {
  const line = lineOf('a1', 'b1', 'a2', 'c1', 'b2', 'a3');
  const met: string[] = [];
  for (const waiter of line) {
    met.push(waiter);
    if (waiter !== 'a2' && waiter !== 'b2') assert.ok(line.remove(waiter[0]!, waiter));
  }
  assert.deepEqual(met, ['a1', 'a2', 'a3', 'b1', 'b2', 'c1']);
  assert.deepEqual([...line], ['a2', 'b2']);
  line.add('a', 'a4');
  for (const waiter of line) {
    assert.ok(line.serve(waiter[0]!, waiter));
    break;
  }
  assert.deepEqual(drain(line), ['b2', 'a4']);
  assert.equal(line.size, 0);
});

test('against a naive line, whoever comes, gives up, may not go or is sent away', () => {
  const caller = fc.constantFrom('a', 'b', 'c', 'd');
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.record({ add: caller }) },
    { weight: 3, arbitrary: fc.record({ take: fc.subarray(['a', 'b', 'c', 'd']) }) },
    { weight: 2, arbitrary: fc.record({ how: fc.constantFrom('remove' as const, 'serve' as const), at: fc.nat(30) }) },
    { weight: 1, arbitrary: fc.record({ longest: caller }) },
    { weight: 1, arbitrary: fc.record({ last: caller }) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200, size: 'max' }), (steps) => {
      const line = new FairLine<string, string>();
      let naive: readonly (readonly [caller: string, waiters: readonly string[]])[] = [];
      const of = (name: string): readonly string[] => naive.find(([one]) => one === name)?.[1] ?? [];
      /** In place, or as the last whose turn comes. */
      const put = (name: string, waiters: readonly string[], toEnd = false): void => {
        const others = naive.filter(([one]) => one !== name);
        if (waiters.length === 0) naive = others;
        else if (toEnd || of(name).length === 0) naive = [...others, [name, waiters]];
        else naive = naive.map((entry) => (entry[0] === name ? [name, waiters] : entry));
      };
      for (const [number, one] of steps.entries()) {
        if ('add' in one) {
          const waiter = `${one.add}${number}`;
          line.add(one.add, waiter);
          put(one.add, [...of(one.add), waiter]);
        } else if ('take' in one) {
          const next = naive.find(([name]) => one.take.includes(name));
          assert.equal(
            line.take((name) => one.take.includes(name)),
            next?.[1][0],
          );
          if (next !== undefined) put(next[0], next[1].slice(1), true);
        } else if ('how' in one) {
          const all = naive.flatMap(([, waiters]) => waiters);
          const waiter = all[one.at] ?? 'a?';
          const name = waiter[0]!;
          assert.equal(line[one.how](name, waiter), all.includes(waiter));
          if (all.includes(waiter)) {
            const rest = of(name).filter((other) => other !== waiter);
            put(name, rest, one.how === 'serve');
          }
        } else if ('longest' in one) {
          const most = Math.max(of(one.longest).length + 1, ...naive.map(([, { length }]) => length));
          const longest = naive.find(
            ([name, { length }]) => length === most && name !== one.longest && length > of(one.longest).length + 1,
          );
          assert.equal(line.giveUpLongest(one.longest), longest?.[1].at(-1));
          if (longest !== undefined) put(longest[0], longest[1].slice(0, -1));
        } else {
          assert.equal(line.giveUpLast(one.last), of(one.last).at(-1));
          put(one.last, of(one.last).slice(0, -1));
        }
        assert.equal(line.size, naive.flatMap(([, waiters]) => waiters).length);
      }
      assert.deepEqual(
        [...line],
        naive.flatMap(([, waiters]) => waiters),
      );
    }),
    { numRuns: 300 },
  );
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
