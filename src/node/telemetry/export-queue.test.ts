import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { settle, VirtualClock } from '../../../test/support/virtual-clock.ts';
import { ExportQueue } from './export-queue.ts';

function world(options: { readonly maxItems?: number; readonly size?: number } = {}) {
  const clock = new VirtualClock();
  const batches: number[][] = [];
  const told: string[] = [];
  const waiting: { resolve: () => void; reject: (error: Error) => void }[] = [];
  let manual = false;
  const queue = new ExportQueue<number>({
    clock,
    maxItems: options.maxItems ?? 2000,
    sizeOf: () => options.size ?? 1,
    delayMs: 1000,
    what: 'spans',
    send: (items) => {
      batches.push([...items]);
      if (!manual) return Promise.resolve();
      return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
    },
    onTrouble: (what) => told.push(what),
  });
  return { clock, batches, told, waiting, queue, byHand: () => (manual = true) };
}

suite('what waits to be exported', () => {
  test('goes after the delay, together, in its order', async () => {
    const { clock, queue, batches } = world();
    queue.add(1);
    await clock.advance(999);
    queue.add(2);
    assert.deepEqual(batches, []);
    await clock.advance(1);
    assert.deepEqual(batches, [[1, 2]]);
    assert.equal(clock.pending, 0, 'nothing waits when there is nothing');
  });

  test('goes at once when a batch is full, one batch at a time', async () => {
    const { clock, queue, batches, waiting, byHand } = world();
    byHand();
    for (let i = 0; i < 1500; i++) queue.add(i);
    assert.deepEqual(
      batches.map((batch) => batch.length),
      [512],
    );
    await settle();
    assert.equal(batches.length, 1, 'the next waits for the first');
    waiting[0]?.resolve();
    await settle();
    assert.deepEqual(
      batches.map((batch) => batch.length),
      [512, 512],
    );
    waiting[1]?.resolve();
    await settle();
    assert.equal(batches.length, 2, 'the rest waits for more');
    await clock.advance(1000);
    assert.deepEqual(batches[2]?.length, 476);
    assert.deepEqual(
      batches.flat(),
      Array.from({ length: 1500 }, (_, i) => i),
    );
  });

  test('is bounded: more is lost, and told when there is a success', async () => {
    const { queue, batches, told, waiting, byHand } = world({ maxItems: 3 });
    byHand();
    for (let i = 0; i < 10; i++) queue.add(i);
    assert.deepEqual(batches, [[0, 1, 2]]);
    const flushed = queue.flush();
    waiting[0]?.resolve();
    await settle();
    waiting[1]?.resolve();
    await flushed;
    assert.deepEqual(batches, [
      [0, 1, 2],
      [3, 4, 5],
    ]);
    assert.deepEqual(told, ['4 spans were lost']);
  });

  test('is bounded in its bytes, too, and has room again', async () => {
    const { queue, batches, told, waiting, byHand } = world({ size: 8 << 20 });
    byHand();
    for (let i = 0; i < 6; i++) queue.add(i);
    const flushed = queue.flush();
    assert.deepEqual(batches, [[0, 1, 2, 3]]);
    for (let i = 6; i < 12; i++) queue.add(i);
    waiting[0]?.resolve();
    await settle();
    waiting[1]?.resolve();
    await flushed;
    assert.deepEqual(batches[1], [6, 7, 8, 9]);
    assert.deepEqual(told, ['4 spans were lost']);
  });

  test('a failure is told once, and again after a success', async () => {
    const { clock, queue, told, waiting, byHand } = world();
    byHand();
    const run = async (error?: string): Promise<void> => {
      queue.add(0);
      await clock.advance(1000);
      const next = waiting.shift();
      if (error === undefined) next?.resolve();
      else next?.reject(new Error(error));
      await settle();
    };
    await run('no way');
    await run('no way');
    assert.deepEqual(told, ['spans cannot be exported: "no way"']);
    await run();
    assert.deepEqual(told.slice(1), ['2 spans were lost']);
    await run(`gone\u001b]0;title\u0007\n${'x'.repeat(10_000)}`);
    const [text = ''] = told.slice(2);
    assert.match(
      text,
      /^spans cannot be exported: "gone\\u001b\]0;title\\u0007\\nx+…"$/,
      'what a collector says plays no tricks',
    );
    assert.ok(text.length < 400);
  });

  test('flush ends although everything fails', async () => {
    const { queue, waiting, byHand, batches } = world({ maxItems: 1 });
    await queue.flush();
    byHand();
    queue.add(1);
    queue.add(2);
    const flushed = queue.flush();
    for (let i = 0; i < 4; i++) {
      waiting.shift()?.reject(new Error('no'));
      await settle();
    }
    await flushed;
    assert.deepEqual(batches, [[1], [2]]);
  });
});
