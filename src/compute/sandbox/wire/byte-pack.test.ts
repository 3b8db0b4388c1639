import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { RequestChanges } from '../../abi/index.ts';
import { BytePack, numbersOf, unpack } from './byte-pack.ts';
import { packChanges, unpackAnswer, unpackChanges } from './wire.ts';

const bytes = fc.uint8Array({ maxLength: 30 });
const texts = fc.array(fc.tuple(fc.string(), fc.string())).map((entries) => new Map(entries));
const state = fc.array(fc.tuple(fc.string(), bytes)).map((entries) => new Map(entries));

test('arrays come out of the pack as they went in, each on its own', () => {
  fc.assert(
    fc.property(fc.array(bytes), fc.array(bytes), (first, second) => {
      const pack = new BytePack();
      for (const arrays of [first, second]) {
        const offsets = arrays.map((array) => pack.add(array));
        const buffer = pack.finish();
        for (const [i, array] of arrays.entries()) {
          const copy = unpack(buffer, offsets[i]!, array.length);
          assert.deepEqual(copy, array);
          assert.equal(copy.buffer.byteLength, array.length);
        }
      }
    }),
  );
});

test('numbers come out as they went in, whatever arrays are before them', () => {
  fc.assert(
    fc.property(fc.array(bytes), fc.array(fc.double()), (arrays, numbers) => {
      const pack = new BytePack();
      const offsets = arrays.map((array) => pack.add(array));
      const buffer = pack.finish(Float64Array.from(numbers));
      assert.deepEqual([...numbersOf(buffer, numbers.length)], numbers);
      for (const [i, array] of arrays.entries()) assert.deepEqual(unpack(buffer, offsets[i]!, array.length), array);
    }),
  );
});

test('changes cross over whole, and what was not changed stays absent', () => {
  const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });
  fc.assert(
    fc.property(maybe(fc.string()), maybe(bytes), maybe(texts), maybe(state), (method, body, headers, outputs) => {
      const changes: RequestChanges = {
        ...(method !== undefined && { method }),
        ...(body && { body }),
        ...(headers && { headers }),
        ...(outputs && { state: outputs }),
      };
      const pack = new BytePack();
      const packed = structuredClone(packChanges(changes, pack));
      assert.deepEqual(unpackChanges(packed, pack.finish()), changes);
    }),
  );
});

test('answers', () => {
  const pack = Uint8Array.of(1, 2, 3).buffer;
  assert.deepEqual(unpackAnswer([7, [1, 2]], pack), { ok: true, value: Uint8Array.of(2, 3) });
  assert.deepEqual(unpackAnswer([7, 'no', 'refused'], pack), { ok: false, message: 'no', reason: 'refused' });
});
