import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '../../../test/support/virtual-clock.ts';
import { Drain } from './drain.ts';

test('everybody who waits for the last call goes on when it ends, and leaves no timer', async () => {
  const clock = new VirtualClock();
  const drain = new Drain(clock);
  drain.reach();
  const waits = Promise.all([drain.wait(1000), drain.wait(2000)]);
  drain.reach();
  await waits;
  assert.equal(clock.pending, 0);
});

test('who waits goes on at its deadline, without the others', async () => {
  const clock = new VirtualClock();
  const drain = new Drain(clock);
  const ended: string[] = [];
  const short = drain.wait(1000).then(() => ended.push('short'));
  const long = drain.wait(2000).then(() => ended.push('long'));
  await clock.advance(999);
  assert.equal(ended.join(), '');
  await clock.advance(1);
  await short;
  assert.equal(ended.join(), 'short');
  drain.reach();
  await long;
  const again = drain.wait(10).then(() => ended.push('again'));
  await clock.advance(9);
  assert.equal(ended.join(), 'short,long', 'the end that was is not the next one');
  await clock.advance(1);
  await again;
});
