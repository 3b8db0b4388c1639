import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { VirtualClock } from '../../../test/support/virtual-clock.ts';
import { limitAttempts, settledWithin, withTimeLimit } from './time-limit.ts';

suite('a wait with an end', () => {
  test('is over when what it waits for happens, and leaves no timer', async () => {
    const clock = new VirtualClock();
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiting = settledWithin(clock, 5000, promise);
    assert.equal(clock.pending, 1);
    resolve();
    await waiting;
    assert.equal(clock.pending, 0);
  });

  test('is over when the time is', async () => {
    const clock = new VirtualClock();
    let isOver = false;
    const waiting = settledWithin(clock, 5000, new Promise(() => undefined)).then(() => (isOver = true));
    await clock.advance(4999);
    assert.equal(isOver, false);
    await clock.advance(1);
    await waiting;
    assert.equal(clock.pending, 0);
  });

  test('passes on why what it waits for failed, and leaves no timer', async () => {
    const clock = new VirtualClock();
    await assert.rejects(settledWithin(clock, 5000, Promise.reject(new Error('no'))), /no/);
    assert.equal(clock.pending, 0);
  });

  test('attempts at a way are short, become longer when none succeeds, and short again when one does', async () => {
    const clock = new VirtualClock();
    const limited = limitAttempts(clock, 'the way');
    const { signal } = new AbortController();
    const never = (limit: AbortSignal): Promise<never> =>
      new Promise((_, reject) => limit.addEventListener('abort', () => reject(limit.reason as Error)));
    const timedOut = async (): Promise<number> => {
      const startMs = clock.monotonicMs();
      const ended = assert
        .rejects(limited(signal, never), /the way: no answer/)
        .then(() => clock.monotonicMs() - startMs);
      await clock.advance(5_000);
      while (clock.pending > 0) await clock.advance(5_000);
      return ended;
    };
    const lengths: number[] = [];
    for (let i = 0; i < 14; i++) lengths.push(await timedOut());
    assert.deepEqual(
      lengths.map((ms) => ms / 1_000),
      [5, 5, 5, 5, 10, 10, 10, 10, 20, 20, 20, 20, 30, 30],
    );
    await assert.rejects(
      limited(signal, () => Promise.reject(new Error('refused'))),
      /refused/,
    );
    assert.equal(await timedOut(), 30_000, 'a refusal is no sign of a slow way, and none of a fast one');
    assert.equal(await limited(signal, async () => 'open'), 'open');
    assert.equal(await timedOut(), 5_000);
    const controller = new AbortController();
    const ended = assert.rejects(limited(controller.signal, never), /the session is over/);
    controller.abort(new Error('the session is over'));
    await ended;
    assert.equal(clock.pending, 0);
  });

  test('with a signal: aborts it with a reason that says what to do', async () => {
    const clock = new VirtualClock();
    const failing = withTimeLimit(clock, 200, 'the message to /service/x', async (signal) => {
      const { promise, reject } = Promise.withResolvers<void>();
      signal.addEventListener('abort', () => reject(signal.reason as Error));
      await promise;
    });
    const refused = assert.rejects(failing, { code: 'NODE_ROUTE', message: /no answer within 200 ms/ });
    await clock.advance(200);
    await refused;
    assert.equal(await withTimeLimit(clock, 200, 'it', async () => 'done'), 'done');
    assert.equal(clock.pending, 0);
  });
});
