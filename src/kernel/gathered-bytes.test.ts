import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concat, concatAll, EMPTY } from './bytes/index.ts';
import { GatheredBytes } from './gathered-bytes.ts';

test('parts of all sizes come back in their order', () => {
  let value = 0;
  const part = (length: number): Uint8Array => Uint8Array.from({ length }, () => value++ % 251);
  for (const lengths of [
    [],
    [0],
    [5],
    [5, 7],
    [0, 0, 1],
    [1, 5000, 1, 1, 5000],
    [5000, 4095, 4095, 4095, 4095, 4095, 1],
    [1, ...Array.from({ length: 9 }, () => 4095), 16_384, 2],
  ]) {
    value = 0;
    const parts = lengths.map(part);
    const gathered = new GatheredBytes();
    for (const one of parts) gathered.push(one);
    assert.equal(gathered.length, value);
    assert.deepEqual(gathered.join(), concat(...parts));
  }
});

test('one part is not copied, and no part is nothing', () => {
  const gathered = new GatheredBytes();
  assert.equal(gathered.join(), EMPTY);
  const only = Uint8Array.of(1, 2);
  gathered.push(only);
  assert.equal(gathered.join(), only);
  assert.notEqual(gathered.copy(), only);
  assert.deepEqual(gathered.copy(), only);
});

test('a million parts of a byte take a few times their bytes', () => {
  const chunk = new Uint8Array(1_000_000).fill(7);
  const gathered = new GatheredBytes();
  const before = process.memoryUsage();
  for (let i = 0; i < chunk.length; i++) gathered.push(chunk.subarray(i, i + 1));
  globalThis.gc?.();
  const after = process.memoryUsage();
  assert.deepEqual(gathered.join(), chunk);
  const taken = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers;
  assert.ok(taken < 60_000_000, `${taken} bytes`);
});

test('more parts than a function takes arguments are joined', () => {
  const parts = Array.from({ length: 300_000 }, (_, i) => Uint8Array.of(i));
  assert.equal(concatAll(parts).length, parts.length);
  assert.equal(concatAll(parts)[257], 1);
  assert.equal(concatAll([]).length, 0);
});
