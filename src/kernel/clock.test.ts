import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settle, VirtualClock } from '../../test/support/virtual-clock.ts';
import { delay, nowSeconds } from './clock.ts';

test('nowSeconds rounds down', () => {
  assert.equal(nowSeconds({ nowMs: () => 1_999 }), 1);
  assert.equal(nowSeconds({ nowMs: () => 2_000 }), 2);
});

test('delay resolves when its time has come, not before', async () => {
  const clock = new VirtualClock();
  let done = false;
  const waiting = delay(clock, 100).then(() => {
    done = true;
  });
  await clock.advance(99);
  assert.equal(done, false);
  await clock.advance(1);
  assert.equal(done, true);
  await waiting;
});

test('delay rejects with the reason of an abort and leaves nothing scheduled', async () => {
  const clock = new VirtualClock();
  const stop = new AbortController();
  const reason = new Error('stopped');
  const waiting = assert.rejects(delay(clock, 100, stop.signal), reason);
  await settle();
  assert.equal(clock.pending, 1);
  stop.abort(reason);
  await waiting;
  assert.equal(clock.pending, 0);
});

test('delay on an aborted signal rejects at once', async () => {
  const clock = new VirtualClock();
  const reason = new Error('stopped');
  await assert.rejects(delay(clock, 100, AbortSignal.abort(reason)), reason);
  assert.equal(clock.pending, 0);
});

test('an abort after the delay changes nothing', async () => {
  const clock = new VirtualClock();
  const stop = new AbortController();
  const waiting = delay(clock, 10, stop.signal);
  await clock.advance(10);
  stop.abort(new Error('too late'));
  await waiting;
});
