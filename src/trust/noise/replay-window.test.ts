import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { ReplayWindow } from './replay-window.ts';

/** The specification with a set instead of a bitmap. */
class NaiveWindow {
  #max = 0;
  readonly #seen = new Set<number>();

  accept(n: number): boolean {
    if (Math.abs(n - this.#max) > 32 || this.#seen.has(n)) return false;
    this.#seen.add(n);
    this.#max = Math.max(this.#max, n);
    return true;
  }
}

function accept(window: ReplayWindow, n: number): boolean {
  if (window.judge(n) !== 'acceptable') return false;
  window.commit(n);
  return true;
}

test('the reference sequence', () => {
  const window = new ReplayWindow();
  const sequence: [number, boolean][] = [
    [0, true],
    [1, true],
    [0, false],
    [34, false],
    [33, true],
    [1, false],
    [34, true],
    [35, true],
    [33, false],
    [34, false],
    [64, true],
    [31, false],
    [96, true],
    [128, true],
    ...range(97, 127).map((n): [number, boolean] => [n, true]),
    ...range(129, 160).map((n): [number, boolean] => [n, true]),
  ];
  for (const [n, expected] of sequence) assert.equal(accept(window, n), expected, `counter ${n}`);
});

test('property: equals the specification with a set', () => {
  const step = fc.integer({ min: -40, max: 40 });
  fc.assert(
    fc.property(fc.nat(40), fc.array(step, { maxLength: 400 }), (first, steps) => {
      const window = new ReplayWindow();
      const naive = new NaiveWindow();
      let last = first;
      for (const n of [first, ...steps.map((by) => (last = Math.max(0, last + by)))])
        assert.equal(accept(window, n), naive.accept(n), `counter ${n}`);
    }),
    { numRuns: 300 },
  );
});

test('every distance, with every bit of the window set', () => {
  for (let jump = 0; jump <= 33; jump++) {
    const window = new ReplayWindow();
    const naive = new NaiveWindow();
    for (const n of [...range(0, 64), 64 + jump, ...range(0, 130).reverse(), ...range(0, 130)])
      assert.equal(accept(window, n), naive.accept(n), `jump ${jump}, counter ${n}`);
  }
});

test('the verdicts name the reason, and judging changes nothing', () => {
  const window = new ReplayWindow();
  window.commit(20);
  window.commit(50);
  for (let again = 0; again < 2; again++) {
    assert.equal(window.judge(50), 'replayed');
    assert.equal(window.judge(20), 'replayed');
    assert.equal(window.judge(18), 'acceptable');
    assert.equal(window.judge(17), 'too-far-behind');
    assert.equal(window.judge(82), 'acceptable');
    assert.equal(window.judge(83), 'too-far-ahead');
    assert.equal(window.judge(2 ** 64), 'too-far-ahead');
  }
});

test('large counters', () => {
  const window = new ReplayWindow();
  const naive = new NaiveWindow();
  window.commit(2 ** 40);
  for (const n of range(2 ** 40 - 33, 2 ** 40 + 33))
    assert.equal(accept(window, n), n >= 2 ** 40 - 32 && n !== 2 ** 40);
  assert.equal(naive.accept(2 ** 40), false);
});

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
