import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as fc from 'fast-check';
import { SlotMap } from './index.ts';

suite('a slot map', () => {
  test('does what a map does', () => {
    const key = fc.constantFrom(0, 1, 2, 3, 2 ** 31, 2 ** 32 - 1);
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.record({ does: fc.constant('set' as const), key, value: fc.option(fc.string()) }) },
      { weight: 4, arbitrary: fc.record({ does: fc.constant('delete' as const), key, value: fc.constant(null) }) },
      { weight: 1, arbitrary: fc.record({ does: fc.constant('clear' as const), key, value: fc.constant(null) }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const map = new Map<number, string | undefined>();
        const slots = new SlotMap<string | undefined>();
        for (const { does, key: at, value } of steps) {
          if (does === 'set') {
            map.set(at, value ?? undefined);
            slots.set(at, value ?? undefined);
          } else if (does === 'delete') assert.equal(slots.delete(at), map.delete(at));
          else {
            map.clear();
            slots.clear();
          }
          assert.equal(slots.size, map.size);
          assert.equal(slots.has(at), map.has(at));
          assert.equal(slots.get(at), map.get(at));
          assert.deepEqual([...slots], [...map]);
          assert.deepEqual([...slots.values()], [...map.values()]);
        }
      }),
    );
  });

  test('goes on when entries are taken out while they are walked through', () => {
    const slots = new SlotMap<string>();
    for (let key = 0; key < 5; key++) slots.set(key, `value ${key}`);
    const seen: number[] = [];
    for (const [key] of slots) {
      seen.push(key);
      slots.delete(key);
      slots.delete(key + 1);
    }
    assert.deepEqual(seen, [0, 2, 4]);
    assert.equal(slots.size, 0);
  });

  test('keeps nothing of entries that are gone once it has grown old', () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const slots = new SlotMap<object>();
    const come = (from: number, to: number): void => {
      for (let key = from; key < to; key++) {
        slots.set(key, { key, more: Array.from({ length: 20 }, () => key) });
        slots.delete(key - 64);
      }
    };
    come(0, 100);
    collect();
    const before = oldBytes();
    come(100, 100_000);
    const grown = oldBytes() - before;
    // The tables of numbers; an ordinary map lets three times as much grow old.
    assert.ok(grown < 10 << 20, `${grown} bytes of about 25 million have grown old`);
    assert.equal(slots.size, 64);
  });
});

function oldBytes(): number {
  return getHeapSpaceStatistics().find(({ space_name: name }) => name === 'old_space')?.space_used_size ?? 0;
}
