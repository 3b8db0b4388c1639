import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '../../../test/support/virtual-clock.ts';
import { EMPTY, fromUtf8, utf8 } from '../../kernel/index.ts';
import { allowAll, denyAll } from './access-control.ts';
import { type LocalMessage, localMessage } from './local-message.ts';
import { localAddress, parseRoute, randomFlowControlId } from './wire/index.ts';
import { request } from './request.ts';
import { Router } from './router.ts';
import { startEcho, startHop, startUppercase } from './services.ts';

function node(): { router: Router; clock: VirtualClock } {
  const clock = new VirtualClock();
  const router = new Router({ clock, random: (length) => crypto.getRandomValues(new Uint8Array(length)) });
  return { router, clock };
}

test('a request is answered and leaves nothing behind', async () => {
  const { router, clock } = node();
  startEcho(router, { incoming: allowAll });
  const answer = await request(router, { onward: parseRoute('echo'), payload: utf8('hi') });
  assert.equal(fromUtf8(answer.payload), 'hi');
  assert.deepEqual(answer.return, [localAddress('echo')]);
  assert.equal(router.size, 1);
  assert.equal(clock.pending, 0);
});

test('only the first answer counts', async () => {
  const { router } = node();
  const worker = router.register({
    mailbox: { address: localAddress('twice'), incoming: allowAll, outgoing: allowAll },
    handle: (message) => {
      for (const text of ['1', '2']) void worker.mailbox.send(localMessage(message.return, [], utf8(text)));
    },
  });
  const answer = await request(router, { onward: parseRoute('twice') });
  assert.equal(fromUtf8(answer.payload), '1');
});

test('silence times out after thirty seconds, or sooner when asked', async () => {
  const { router, clock } = node();
  const silent = { address: localAddress('silent'), incoming: allowAll, outgoing: allowAll };
  router.register({ mailbox: silent, handle: () => undefined });
  const slow = assert.rejects(request(router, { onward: parseRoute('silent') }), {
    code: 'ROUTING_REQUEST_TIMED_OUT',
    message: 'no answer by 0#silent within 30000 ms',
  });
  const quick = assert.rejects(request(router, { onward: parseRoute('silent'), timeoutMs: 5 }), {
    code: 'ROUTING_REQUEST_TIMED_OUT',
  });
  await clock.advance(5);
  await quick;
  assert.equal(router.size, 2);
  await clock.advance(29_995);
  await slow;
  assert.equal(router.size, 1);
});

test('an abort and a stop end it', async () => {
  const { router, clock } = node();
  const silent = { address: localAddress('silent'), incoming: allowAll, outgoing: allowAll };
  router.register({ mailbox: silent, handle: () => undefined });
  const controller = new AbortController();
  const aborted = request(router, { onward: parseRoute('silent'), signal: controller.signal });
  const stopped = request(router, { onward: parseRoute('silent') });
  controller.abort(new Error('enough'));
  await assert.rejects(aborted, /enough/);
  await assert.rejects(request(router, { onward: parseRoute('silent'), signal: controller.signal }), /enough/);
  router.stop();
  await assert.rejects(stopped, { code: 'ROUTING_STOPPED' });
  await assert.rejects(request(router, { onward: parseRoute('silent') }), { code: 'ROUTING_STOPPED' });
  assert.equal(clock.pending, 0);
});

test('what cannot be delivered fails at once', async () => {
  const { router, clock } = node();
  router.register({
    mailbox: { address: localAddress('closed'), incoming: denyAll, outgoing: allowAll },
    handle: () => undefined,
  });
  for (const onward of [parseRoute('nobody'), parseRoute('closed'), parseRoute('1#h:1'), []]) {
    await assert.rejects(request(router, { onward }), { code: 'ROUTING_UNDELIVERABLE' });
  }
  assert.equal(router.size, 1);
  assert.equal(clock.pending, 0);
});

test('the answer may come back by the entry point of the first hop, and by no other', async () => {
  const { router } = node();
  const outside: LocalMessage[] = [];
  const [near, far] = [localAddress('near sender'), localAddress('near receiver')];
  router.register({
    mailbox: { address: near, incoming: allowAll, outgoing: denyAll },
    handle: (message) => void outside.push(message),
  });
  const entryPoint = (name: string): ((answer: LocalMessage) => void) => {
    const id = randomFlowControlId(router.random);
    const address = localAddress(name);
    const worker = router.register({
      mailbox: { address, incoming: denyAll, outgoing: router.flows.control(id) },
      handle: () => undefined,
    });
    router.flows.addProducer({ address, id, spawnerId: undefined }, name === 'near receiver' ? [near] : []);
    return (answer) => void worker.mailbox.send(answer);
  };
  const fromNear = entryPoint('near receiver');
  const fromElsewhere = entryPoint('elsewhere');
  const answered = request(router, { onward: [near, localAddress('service')] });
  const back = outside[0]!.return;
  fromElsewhere(localMessage(back, [], utf8('forged')));
  fromNear(localMessage(back, [far], utf8('true')));
  assert.equal(fromUtf8((await answered).payload), 'true');
  assert.equal(router.counters.refused['outgoing-denied'], 1);
});

test('uppercase answers BARE strings only', async () => {
  const { router, clock } = node();
  startUppercase(router, { incoming: allowAll });
  const answer = await request(router, { onward: parseRoute('uppercase'), payload: utf8('\u0007straße') });
  assert.equal(fromUtf8(answer.payload), '\u0007STRASSE');
  const wrong = assert.rejects(
    request(router, { onward: parseRoute('uppercase'), payload: utf8('\u0009x'), timeoutMs: 1 }),
    {
      code: 'ROUTING_REQUEST_TIMED_OUT',
    },
  );
  await clock.advance(1);
  await wrong;
  assert.equal(router.counters.workerErrors, 1);
});

test('hop stands in the way there and in the way back, and keeps the local information', async () => {
  const { router } = node();
  startHop(router, { incoming: allowAll });
  startHop(router, { incoming: allowAll, address: localAddress('hop2') });
  startEcho(router, { incoming: allowAll });
  const answer = await request(router, { onward: parseRoute('hop => hop2 => echo'), payload: utf8('far') });
  assert.equal(fromUtf8(answer.payload), 'far');
  const seen: LocalMessage[] = [];
  const app = router.register({
    mailbox: { address: localAddress('app'), incoming: allowAll, outgoing: allowAll },
    handle: (message) => void seen.push(message),
  });
  void app.mailbox.send(localMessage(parseRoute('hop => app'), parseRoute('x'), EMPTY, { peerIdentifier: 'I1' }));
  assert.deepEqual(seen, [localMessage(parseRoute('app'), parseRoute('hop => x'), EMPTY, { peerIdentifier: 'I1' })]);
});
