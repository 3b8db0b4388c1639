/** After thousands of hostile guests of each kind, nothing of them is left: no memory, no handle, no call, no module. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { boundsOf, growth, type Holding, KINDS, Repetition, timesOf } from './repeat.ts';

/** Of each kind that ends at once; the slower ones fewer, by their cost. */
const TIMES = 10_000;
/** What the first runs of a kind may leave: its code, its memories, the engine's caches. */
const WARM_UP = 1_000;

let repetition: Repetition;
let first: Holding;
before(async () => {
  repetition = await Repetition.create();
  for (const kind of KINDS) await repetition.run(kind, timesOf(kind, WARM_UP));
  first = await repetition.holding();
});
after(() => repetition[Symbol.asyncDispose]());

for (const kind of KINDS) {
  test(`${kind.title}, ${timesOf(kind, TIMES)} times`, async () => {
    const before = await repetition.holding();
    await repetition.run(kind, timesOf(kind, TIMES));
    assertWithin(boundsOf(kind), growth(before, await repetition.holding()));
  });
}

test('all kinds together', async (t) => {
  const total = growth(first, await repetition.holding());
  t.diagnostic(`resident ${total.rss >> 10} KiB, heap ${total.heap >> 10} KiB`);
  // More than a hundred thousand calls: with two kilobytes left of each it would be more.
  assertWithin({ ...boundsOf({}), rss: 192 << 20 }, total);
});

function assertWithin(bounds: Holding, grown: Holding): void {
  for (const what of ['rss', 'heap', 'handles'] as const) {
    assert.ok(grown[what] <= bounds[what], `${what} has grown by ${grown[what]}, more than ${bounds[what]}`);
  }
}
