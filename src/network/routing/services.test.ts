import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settle, VirtualClock } from '../../../test/support/virtual-clock.ts';
import { encodeBareData, encodeBareString } from '../../kernel/bare/index.ts';
import type { RandomSource } from '../../kernel/index.ts';
import { allowAll } from './access-control.ts';
import { localMessage } from './local-message.ts';
import { Router } from './router.ts';
import { startEcho, startHop, startUppercase } from './services.ts';
import { localAddress } from './wire/index.ts';
import type { Handle, Worker } from './worker.ts';

const random: RandomSource = (length) => crypto.getRandomValues(new Uint8Array(length));
const PAYLOAD = encodeBareString('x');

for (const [name, startService] of [
  ['echo', startEcho],
  ['uppercase', startUppercase],
] as const) {
  test(`${name} answers others while one takes no answers, whose memory is bounded`, async () => {
    const clock = new VirtualClock();
    const router = new Router({ clock, random, limits: { queueMessages: 4 } });
    const start = (address: string, handle: Handle = () => undefined): Worker =>
      router.register({ mailbox: { address: localAddress(address), incoming: allowAll, outgoing: allowAll }, handle });
    startService(router, { incoming: allowAll });
    // As the sender of a connection whose peer does not read.
    let taken = 0;
    const stuck = start('stuck', () => {
      taken++;
      return new Promise(() => undefined);
    });
    const [service, back] = [localAddress(name), localAddress('stuck')];
    for (let i = 0; i < 1000; i++) {
      void stuck.mailbox.send(localMessage([service], [back], PAYLOAD));
      if (i % 50 === 0) await settle();
    }
    let answers = 0;
    const other = start('other', () => void answers++);
    void other.mailbox.send(localMessage([service], [localAddress('other')], PAYLOAD));
    await settle();
    assert.equal(answers, 1);
    stuck.stop();
    const waited = router.counters.refused.stopped;
    assert.equal(taken, 1);
    assert.ok(waited >= 4 && waited < 100, `${waited} answers waited`);
  });
}

for (const [name, startService, most] of [
  ['echo', startEcho, (16 * 1024 - 128) * 1024],
  ['hop', startHop, (16 * 1024 - 128) * 1024],
  ['uppercase', startUppercase, 1024 * 1024],
] as const) {
  test(`${name} leaves a message alone that might not fit a frame when it has passed`, () => {
    const router = new Router({ clock: new VirtualClock(), random });
    startService(router, { incoming: allowAll });
    let answers = 0;
    const asker = router.register({
      mailbox: { address: localAddress('asker'), incoming: allowAll, outgoing: allowAll },
      handle: () => void answers++,
    });
    const onward = [localAddress(name), ...(name === 'hop' ? [localAddress('asker')] : [])];
    for (const length of [most - 1024, most + 1]) {
      void asker.mailbox.send(localMessage(onward, [localAddress('asker')], encodeBareData(new Uint8Array(length))));
    }
    assert.equal(answers, 1);
    assert.equal(router.counters.refused['incoming-denied'], 1);
  });
}

test('echo answers the few questions of one whose way back is full, in time', async () => {
  const clock = new VirtualClock();
  const router = new Router({ clock, random, limits: { queueMessages: 4 } });
  startEcho(router, { incoming: allowAll });
  let release = (): void => undefined;
  const got: number[] = [];
  const slow = router.register({
    mailbox: { address: localAddress('slow'), incoming: allowAll, outgoing: allowAll },
    handle: ({ payload }) => {
      got.push(payload[0] ?? 0);
      return got.length > 1 ? undefined : new Promise((resolve) => (release = resolve));
    },
  });
  for (let i = 0; i < 10; i++) {
    void slow.mailbox.send(localMessage([localAddress('echo')], [localAddress('slow')], Uint8Array.of(i)));
  }
  await settle();
  release();
  await settle();
  assert.deepEqual(got, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});
