import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pooledRandom } from './pooled-random.ts';

/** Counts on, so that a byte that is handed out twice, or left out, is seen. */
function counting(): { random: (length: number) => Uint8Array; draws: number[]; blocks: Uint8Array[] } {
  const draws: number[] = [];
  const blocks: Uint8Array[] = [];
  let next = 0;
  const random = (length: number): Uint8Array => {
    draws.push(length);
    const block = Uint8Array.from({ length }, () => next++ % 251);
    blocks.push(block);
    return block;
  };
  return { random, draws, blocks };
}

test('small draws share one draw of the source, and each byte is handed out once', () => {
  const { random, draws } = counting();
  const pooled = pooledRandom(random);
  const drawn: number[] = [];
  for (let i = 0; i < 64; i++) drawn.push(...pooled(16));
  assert.deepEqual(draws, [1024]);
  assert.deepEqual(
    drawn,
    Array.from({ length: 1024 }, (_, i) => i % 251),
  );
  pooled(16);
  assert.deepEqual(draws, [1024, 1024]);
});

test('what is left of a block that is too small is not used, and every draw is an array of its own', () => {
  const { random, draws } = counting();
  const pooled = pooledRandom(random);
  for (let i = 0; i < 10; i++) pooled(100);
  const [next] = pooled(100);
  assert.deepEqual(draws, [1024, 1024]);
  assert.equal(next, 1024 % 251);
  const first = pooled(8);
  assert.equal(first.byteLength, first.buffer.byteLength);
  const kept = [...first];
  for (let i = 0; i < 200; i++) pooled(8).fill(0);
  assert.deepEqual([...first], kept);
});

test('a long draw and an empty one are what they are without a pool', () => {
  const { random, draws } = counting();
  const pooled = pooledRandom(random);
  assert.equal(pooled(4096).length, 4096);
  assert.deepEqual(draws, [4096]);
  assert.equal(pooled(0).length, 0);
});

test('bytes leave the block with the draw, and a source that fails is heard', () => {
  const memory: Uint8Array[] = [];
  const pooled = pooledRandom((length) => {
    const block = new Uint8Array(length).fill(7);
    memory.push(block);
    return block;
  });
  assert.deepEqual(pooled(16), new Uint8Array(16).fill(7));
  assert.deepEqual(memory[0]!.subarray(0, 17), Uint8Array.of(...new Uint8Array(16), 7));
  const short = pooledRandom(() => new Uint8Array(3));
  assert.equal(short(16).length, 3);
  const failing = pooledRandom(() => {
    throw new Error('no entropy');
  });
  assert.throws(() => failing(16), /no entropy/);
});
