import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type CallCost, FunctionRecords, Histogram, MAX_LABELS } from './index.ts';

const COST: CallCost = {
  wallMs: 10,
  queueMs: 1,
  startMs: 2,
  runMs: 3,
  waitMs: 4,
  cpuMs: 3.5,
  memoryBytes: 65_536,
  hostCalls: 7,
};

test('a value falls into the first bucket whose bound it does not pass', () => {
  const bounds = [1, 5, 5.5];
  fc.assert(
    fc.property(fc.array(fc.double({ min: -2, max: 8, noNaN: false })), (values) => {
      const histogram = new Histogram(bounds);
      for (const value of values) histogram.observe(value);
      const { counts, sum } = histogram.snapshot();
      const taken = values.map((value) => (value >= 0 ? value : 0));
      const expected = [0, 0, 0, 0];
      for (const value of taken) {
        const found = bounds.findIndex((bound) => value <= bound);
        const at = found < 0 ? bounds.length : found;
        expected[at] = (expected[at] ?? 0) + 1;
      }
      assert.deepEqual(counts, expected);
      assert.equal(
        sum,
        taken.reduce((a, b) => a + b, 0),
      );
    }),
  );
});

test('a snapshot is plain data of its time', () => {
  const histogram = new Histogram([1]);
  histogram.observe(1);
  const early = histogram.snapshot();
  histogram.observe(2);
  assert.deepEqual(early, { bounds: [1], counts: [1, 0], sum: 1 });
  assert.deepEqual(structuredClone(histogram.snapshot()), { bounds: [1], counts: [1, 1], sum: 3 });
});

test('calls of a function are counted by outcome, and what they took is added up', () => {
  const records = new FunctionRecords();
  records.count('f', 'output', COST);
  records.count('f', 'TRAP', { ...COST, memoryBytes: 131_072, cpuMs: 1 });
  records.count('f', 'output', COST);
  records.deny('f', 'fetch');
  records.deny('f', 'fetch');
  records.count('g', 'guest-error', COST);
  const [f, g] = records.snapshot();
  assert.deepEqual([f?.label, f?.outcomes, f?.denials], ['f', { output: 2, TRAP: 1 }, { fetch: 2 }]);
  assert.deepEqual([f?.hostCalls, f?.cpuMs, f?.memoryBytes], [21, 8, 131_072]);
  assert.deepEqual(
    Object.values(f?.durations ?? {}).map(({ sum, counts }) => [sum, counts.reduce((a, b) => a + b, 0)]),
    [
      [30, 3],
      [3, 3],
      [6, 3],
      [9, 3],
      [12, 3],
    ],
  );
  assert.deepEqual([g?.outcomes, g?.denials], [{ 'guest-error': 1 }, {}]);
});

test('words that objects know by themselves are counted like others', () => {
  const records = new FunctionRecords();
  records.count('__proto__', 'constructor', COST);
  assert.deepEqual(Object.entries(records.snapshot()[0]?.outcomes ?? {}), [['constructor', 1]]);
});

test('the function that was called longest ago makes room', () => {
  const records = new FunctionRecords();
  for (let i = 0; i < MAX_LABELS; i++) records.count(`f${i}`, 'output', COST);
  records.count('f0', 'output', COST);
  records.count('new', 'output', COST);
  const labels = records.snapshot().map(({ label }) => label);
  assert.equal(labels.length, MAX_LABELS);
  assert.ok(labels.includes('f0') && labels.includes('new') && !labels.includes('f1'));
  for (let i = 0; i < 1000; i++) records.count(`v${i}`, 'output', COST);
  assert.equal(records.snapshot().length, MAX_LABELS);
});
