import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '../../../test/support/virtual-clock.ts';
import { hasCode } from '../../kernel/index.ts';
import { abortable, withDeadline } from './deadline.ts';

test('work that ends in time gives its outcome and leaves no timer', async () => {
  const clock = new VirtualClock();
  const { signal } = new AbortController();
  assert.equal(await withDeadline(clock, 10, 'answer', signal, () => Promise.resolve(7)), 7);
  await assert.rejects(
    withDeadline(clock, 10, 'answer', signal, () => Promise.reject(new Error('broken'))),
    /broken/,
  );
  assert.equal(clock.pending, 0);
});

test('work that takes too long is told so and given up', async () => {
  const clock = new VirtualClock();
  let told: AbortSignal | undefined;
  const waiting = withDeadline(clock, 10, 'answer', new AbortController().signal, (signal) => {
    told = signal;
    return new Promise(() => undefined);
  });
  const rejected = assert.rejects(waiting, (error) => hasCode(error, 'EGRESS_DEADLINE'));
  await clock.advance(10);
  await rejected;
  assert.equal(told?.aborted, true);
});

test('an abort wins at once; work is not even begun after it', async () => {
  const clock = new VirtualClock();
  const control = new AbortController();
  const waiting = withDeadline(clock, 10, 'answer', control.signal, () => new Promise(() => undefined));
  control.abort(new Error('over'));
  await assert.rejects(waiting, /over/);
  let begun = false;
  const late = withDeadline(clock, 10, 'answer', control.signal, () => {
    begun = true;
    return Promise.resolve();
  });
  await assert.rejects(late, /over/);
  assert.equal(begun, false);
  assert.equal(clock.pending, 0);
  await assert.rejects(abortable(Promise.resolve(1), control.signal), /over/);
});
