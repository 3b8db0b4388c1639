import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { VirtualClock } from '../../../test/support/virtual-clock.ts';
import { createLogBudget, escapeGuestText } from './guest-log.ts';

test('what could deceive a reader is written as an escape', () => {
  assert.equal(escapeGuestText('plain grün 🗝 "text"', 100), 'plain grün 🗝 "text"');
  assert.equal(escapeGuestText('a\nb\r\tc\\n', 100), 'a\\nb\\r\\tc\\\\n');
  assert.equal(escapeGuestText('\x1b[2J\0\x7f\x9b', 100), '\\u001b[2J\\u0000\\u007f\\u009b');
  assert.equal(escapeGuestText('\u202egnp\u2028\u200b\ufeff\u2066', 100), '\\u202egnp\\u2028\\u200b\\ufeff\\u2066');
  assert.equal(escapeGuestText('\ud800x', 100), '\\ud800x');
});

test('long lines are cut, and say so', () => {
  assert.equal(escapeGuestText('abcdef', 6), 'abcdef');
  assert.equal(escapeGuestText('abcdefg', 6), 'abcdef… (1 more characters)');
  assert.equal(escapeGuestText('ab🗝', 3), 'ab\\ud83d… (1 more characters)');
});

test('a line is one printable line, bounded whatever the guest writes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      const line = escapeGuestText(text, 100);
      assert.doesNotMatch(line, /[\p{Cc}\u2028\u2029]/u);
      assert.ok(line.isWellFormed());
      assert.ok(line.length <= 100 * 6 + 40);
    }),
    { numRuns: 50 },
  );
});

test('lines are rationed, and the dropped ones are counted once', async () => {
  const clock = new VirtualClock();
  let dropped = 0;
  const budget = createLogBudget(clock, { burst: 3, perSecond: 2 }, () => dropped++);
  assert.deepEqual(
    [1, 2, 3, 4, 5].map(() => budget.take()),
    [0, 0, 0, undefined, undefined],
  );
  await clock.advance(500);
  assert.deepEqual([budget.take(), budget.take()], [2, undefined]);
  await clock.advance(60_000);
  assert.deepEqual(
    [1, 2, 3, 4].map(() => budget.take()),
    [1, 0, 0, undefined],
  );
  assert.equal(dropped, 4);
});
