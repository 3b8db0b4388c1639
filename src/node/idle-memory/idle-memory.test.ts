import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import { VirtualClock } from '../../../test/support/virtual-clock.ts';
import { startIdleCollection } from './index.ts';

const MIB = 1024 * 1024;

function heap() {
  const clock = new VirtualClock();
  const state = { busyMs: 0, held: 30 * MIB, used: 10 * MIB, collections: 0 };
  const cancel = startIdleCollection(clock, {
    busyMs: () => state.busyMs,
    heldBytes: () => state.held,
    collect: () => {
      state.collections++;
      state.busyMs += 50;
      state.held = state.used;
    },
  });
  return { clock, state, cancel };
}

test('memory of the start is given back once, and then there is nothing to do', async () => {
  const { clock, state } = heap();
  await clock.advance(9_999);
  assert.equal(state.collections, 0);
  await clock.advance(1);
  assert.deepEqual([state.collections, state.held], [1, 10 * MIB]);
  await clock.advance(600_000);
  assert.equal(state.collections, 1);
});

test('never while there is work; afterwards what the burst has left', async () => {
  const { clock, state } = heap();
  await clock.advance(10_000);
  state.held = 80 * MIB;
  for (let second = 0; second < 60; second++) {
    state.busyMs += 25;
    await clock.advance(1_000);
  }
  assert.equal(state.collections, 1);
  await clock.advance(10_000);
  assert.deepEqual([state.collections, state.held], [2, 10 * MIB]);
});

test('what is in use is not collected for again and again', async () => {
  const { clock, state } = heap();
  state.used = 200 * MIB;
  state.held = 210 * MIB;
  await clock.advance(60_000);
  assert.equal(state.collections, 1);
  state.held += 4 * MIB;
  await clock.advance(60_000);
  assert.equal(state.collections, 1, 'too little');
  state.held += 1;
  await clock.advance(60_000);
  assert.equal(state.collections, 2);
  // Some of it was let go, by the engine itself: growth counts from there.
  state.held = 20 * MIB;
  await clock.advance(10_000);
  state.held = 30 * MIB;
  await clock.advance(10_000);
  assert.equal(state.collections, 3);
});

test('who cancels it is left alone', async () => {
  const { clock, state, cancel } = heap();
  cancel();
  await clock.advance(60_000);
  assert.deepEqual([state.collections, clock.pending], [0, 0]);
});

test('the heap of a real process is smaller afterwards, where the engine lets it', () => {
  const program = `
    import { getHeapStatistics } from 'node:v8';
    import { collectWhenIdle } from ${JSON.stringify(path.join(import.meta.dirname, 'index.ts'))};
    let kept = [];
    for (let i = 0; i < 400_000; i++) kept.push({ number: i, text: String(i) });
    const before = getHeapStatistics().total_heap_size;
    kept = undefined;
    let look;
    let time = 0;
    collectWhenIdle({ monotonicMs: () => time, nowMs: () => time, schedule: (_, action) => ((look = action), () => {}) });
    time = 1e9;
    look?.();
    console.log(before > 2 * getHeapStatistics().total_heap_size);`;
  const run = (...flags: string[]): string =>
    execFileSync(process.execPath, [...flags, '--input-type=module', '--eval', program], { encoding: 'utf8' });
  assert.equal(run('--expose-gc'), 'true\n');
  assert.equal(run(), 'false\n');
});
