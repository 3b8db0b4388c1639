import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Shares } from './shares.ts';

/** How many more `holder` gets. */
function takeAll(shares: Shares<string>, holder: string): number {
  let taken = 0;
  while (shares.take(holder)) taken++;
  return taken;
}

test('one alone has half of the places at most, and there is always room for one who has none', () => {
  const shares = new Shares<string>(64);
  assert.deepEqual(
    ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((holder) => takeAll(shares, holder)),
    [32, 16, 8, 4, 2, 1, 1, 0],
  );
  assert.equal(shares.taken, 64);
});

test('a single place can be had, and what was given back can be had again', () => {
  const shares = new Shares<string>(1);
  assert.deepEqual([shares.take('a'), shares.take('a'), shares.take('b')], [true, false, false]);
  shares.give('a');
  assert.deepEqual([shares.taken, shares.heldBy('a'), shares.take('b')], [0, 0, true]);
});

test('several at a time: all of them or none', () => {
  const shares = new Shares<string>(100);
  assert.deepEqual([shares.hasRoom('a', 101), shares.take('a', 40), shares.take('a', 21)], [false, true, false]);
  assert.deepEqual([shares.heldBy('a'), shares.taken, shares.take('b', 60)], [40, 40, true]);
  shares.give('a', 15);
  shares.give('b', 60);
  assert.deepEqual([shares.heldBy('a'), shares.heldBy('b'), shares.taken], [25, 0, 25]);
});
