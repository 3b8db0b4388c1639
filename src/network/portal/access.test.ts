import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settle, VirtualClock } from '../../../test/support/virtual-clock.ts';
import { ALLOWED, type Delivery, denied, localAddress, localMessage, type Verdict } from '../routing/index.ts';
import { observed } from './access.ts';

const delivery: Delivery = {
  source: localAddress('a'),
  destination: localAddress('b'),
  message: localMessage([localAddress('b')], [], new Uint8Array(0)),
};

/** Asks a control that answers with `answer`; what it was seen to deny is in the list. */
function ask(answer: () => Verdict | Promise<Verdict>): {
  readonly clock: VirtualClock;
  readonly denials: string[];
  readonly ask: () => Verdict | Promise<Verdict>;
} {
  const clock = new VirtualClock();
  const denials: string[] = [];
  const control = observed(answer, { clock, maxWaitMs: 1000, onDenied: (reason) => denials.push(reason) });
  return { clock, denials, ask: () => control(delivery) };
}

test('an observed control answers as it would, and each denial is seen', async () => {
  const no = denied('no');
  for (const [verdict, seen] of [
    [ALLOWED, []],
    [no, ['no']],
  ] as const) {
    const now = ask(() => verdict);
    assert.equal(now.ask(), verdict);
    assert.deepEqual(now.denials, seen);
    const later = ask(() => Promise.resolve(verdict));
    assert.equal(await later.ask(), verdict);
    assert.deepEqual(later.denials, seen);
    assert.equal(later.clock.pending, 0);
  }
});

test('one that fails denies', async () => {
  const thrown = ask(() => {
    throw new Error('broken');
  });
  assert.throws(() => thrown.ask(), /broken/);
  assert.deepEqual(thrown.denials, ['the access control failed']);
  const rejected = ask(() => Promise.reject(new Error('broken')));
  await assert.rejects(async () => rejected.ask(), /broken/);
  assert.deepEqual(rejected.denials, ['the access control failed']);
  assert.equal(rejected.clock.pending, 0);
});

test('one that never answers denies when the router stops waiting for it', async () => {
  const never = ask(() => new Promise(() => undefined));
  void never.ask();
  await never.clock.advance(999);
  assert.deepEqual(never.denials, []);
  await never.clock.advance(1);
  assert.deepEqual(never.denials, ['the access control took too long']);
  await settle();
});
