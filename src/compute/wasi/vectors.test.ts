import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { wasm } from '../abi/engine.ts';
import { GuestMemory } from '../abi/index.ts';
import { WasiFault } from './errno.ts';
import { gather, readVectors, scatter, totalLength } from './vectors.ts';

const PAGE = 65_536;
const u32 = fc.oneof(fc.integer({ min: 0, max: PAGE + 10 }), fc.integer({ min: 0, max: 0xffffffff }));

test('no list makes a difference outside of what its buffers are', () => {
  const memory = new GuestMemory(new wasm.Memory({ initial: 1, maximum: 1 }));
  fc.assert(
    fc.property(
      u32,
      u32,
      fc.array(fc.tuple(u32, u32), { maxLength: 6 }),
      fc.integer({ min: 1, max: 2000 }),
      (list, count, pairs, most) => {
        memory.wipe();
        for (const [index, [pointer, length]] of pairs.entries()) {
          memory.writeU32(list + index * 8, pointer);
          memory.writeU32(list + index * 8 + 4, length);
        }
        try {
          const vectors = readVectors(memory, list, count, most);
          assert.ok(count === 0 || (count <= 1024 && list + count * 8 <= PAGE));
          assert.ok(totalLength(vectors) <= most);
          const bytes = gather(memory, vectors);
          scatter(memory, vectors, bytes);
          assert.ok(vectors.every(({ pointer, length }) => length === 0 || pointer + length <= PAGE));
        } catch (error) {
          assert.ok(error instanceof WasiFault && [21, 28].includes(error.errno), String(error));
        }
      },
    ),
  );
});

test('buffers are cut where the bound is, and the first that is cut is the last', () => {
  const memory = new GuestMemory(new wasm.Memory({ initial: 1, maximum: 1 }));
  for (const [index, length] of [5, 20, 5].entries()) {
    memory.writeU32(index * 8, 1000 + index * 100);
    memory.writeU32(index * 8 + 4, length);
  }
  const lengths = (most: number, each?: number): number[] => readVectors(memory, 0, 3, most, each).map((v) => v.length);
  assert.deepEqual(lengths(100), [5, 20, 5]);
  assert.deepEqual(lengths(27), [5, 20, 2]);
  assert.deepEqual(lengths(25), [5, 20, 0]);
  assert.deepEqual(lengths(7), [5, 2]);
  assert.deepEqual(lengths(100, 10), [5, 10]);
});
