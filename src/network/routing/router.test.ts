import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settle, VirtualClock } from '../../../test/support/virtual-clock.ts';
import { fromUtf8, type RandomSource, utf8 } from '../../kernel/index.ts';
import { type AccessControl, allowAll, denied, denyAll } from './access-control.ts';
import { type LocalMessage, localMessage, type OutboundMessage, partedMessage } from './local-message.ts';
import { formatRefusal, type Refusal } from './refusal.ts';
import { addressName, createAddress, EMPTY_ROUTE, formatRoute, localAddress, parseRoute } from './wire/index.ts';
import { Router, type RouterOptions } from './router.ts';
import type { Handle, Sent, Worker } from './worker.ts';

const random: RandomSource = (length) => crypto.getRandomValues(new Uint8Array(length));

interface Bench {
  readonly router: Router;
  readonly clock: VirtualClock;
  readonly refusals: Refusal[];
  readonly errors: unknown[];
  /** Starts a worker that allows everything. */
  readonly start: (name: string, handle?: Handle) => Worker;
  /** Starts a worker that writes down what it gets. */
  readonly collect: (name: string) => LocalMessage[];
}

function bench(options: Partial<RouterOptions> = {}): Bench {
  const clock = new VirtualClock();
  const refusals: Refusal[] = [];
  const errors: unknown[] = [];
  const router = new Router({
    clock,
    random,
    onRefused: (refusal) => refusals.push(refusal),
    onWorkerError: (error) => errors.push(error),
    ...options,
  });
  const start = (name: string, handle: Handle = () => undefined): Worker =>
    router.register({ mailbox: { address: localAddress(name), incoming: allowAll, outgoing: allowAll }, handle });
  const collect = (name: string): LocalMessage[] => {
    const got: LocalMessage[] = [];
    start(name, (message) => void got.push(message));
    return got;
  };
  return { router, clock, refusals, errors, start, collect };
}

function message(to: string, text = '', from = 'app'): LocalMessage {
  return localMessage(parseRoute(to), parseRoute(from), utf8(text));
}

const texts = (messages: readonly LocalMessage[]): string[] => messages.map(({ payload }) => fromUtf8(payload));
const reasons = (refusals: readonly Refusal[]): string[] => refusals.map(({ reason }) => reason);

test('a message reaches the worker of its first hop, with its true source', () => {
  const { start, refusals } = bench();
  const seen: string[] = [];
  start('b', (got, to, source) => {
    seen.push(
      `${formatRoute(got.onward)} | ${formatRoute(got.return)} | ${addressName(to.address)} | ${addressName(source)}`,
    );
  });
  const a = start('a');
  assert.equal(a.mailbox.send(message('b => c', 'x', 'lie')), undefined);
  assert.deepEqual(seen, ['0#b => 0#c | 0#lie | b | a']);
  assert.deepEqual(refusals, []);
});

test('next hops that lead nowhere are refused, counted and told to the local sender only', () => {
  const { router, start, refusals } = bench();
  const a = start('a');
  const got = [
    a.mailbox.send(message('nobody')),
    a.mailbox.send(message('1#127.0.0.1:4000')),
    a.mailbox.send(localMessage(EMPTY_ROUTE, EMPTY_ROUTE, utf8(''))),
  ];
  assert.deepEqual(reasons(refusals), ['unknown-destination', 'transport-hop', 'empty-route']);
  assert.deepEqual(got, refusals);
  assert.equal(router.counters.refused['unknown-destination'], 1);
  assert.equal(router.counters.accepted, 0);
  assert.match(formatRefusal(refusals[0]!), /from 0#a to 0#nobody refused \(unknown-destination\)/);
  assert.match(formatRefusal(refusals[2]!), /to nowhere/);
});

test('the checks come in order: destination, outgoing, incoming, room', () => {
  const { router, refusals } = bench({ limits: { maxQueueMessages: 1, queueMessages: 1 } });
  const asked: string[] = [];
  const control =
    (name: string, allowed: () => boolean): AccessControl =>
    () => {
      asked.push(name);
      return allowed() ? { allowed: true } : denied(`${name} says no`);
    };
  let out = false;
  let into = false;
  const a = router.register({
    mailbox: { address: localAddress('a'), incoming: denyAll, outgoing: control('out', () => out) },
    handle: () => undefined,
  });
  router.register({
    mailbox: { address: localAddress('b'), incoming: control('in', () => into), outgoing: denyAll },
    handle: () => new Promise(() => undefined),
  });
  void a.mailbox.send(message('nobody'));
  assert.deepEqual(asked.splice(0), []);
  void a.mailbox.send(message('b'));
  assert.deepEqual(asked.splice(0), ['out']);
  out = true;
  void a.mailbox.send(message('b'));
  assert.deepEqual(asked.splice(0), ['out', 'in']);
  into = true;
  for (let i = 0; i < 3; i++) void a.mailbox.send(message('b'));
  assert.deepEqual(reasons(refusals), ['unknown-destination', 'outgoing-denied', 'incoming-denied', 'queue-full']);
  assert.equal(refusals[1]?.detail, 'out says no');
  assert.equal(refusals[2]?.detail, 'in says no');
});

test('a worker handles one message at a time and in order', async () => {
  const { start } = bench();
  const log: string[] = [];
  const gates: PromiseWithResolvers<void>[] = [];
  start('b', async (got) => {
    const text = fromUtf8(got.payload);
    log.push(`${text} begins`);
    const gate = Promise.withResolvers<void>();
    gates.push(gate);
    await gate.promise;
    log.push(`${text} ends`);
  });
  const a = start('a');
  for (const text of ['1', '2', '3']) void a.mailbox.send(message('b', text));
  for (let i = 0; i < 3; i++) {
    assert.equal(gates.length, i + 1);
    gates[i]?.resolve();
    await settle();
  }
  assert.deepEqual(log, ['1 begins', '1 ends', '2 begins', '2 ends', '3 begins', '3 ends']);
});

test('sends of a handler are queued: a long relay does not grow the stack, and a circle lets others run', async () => {
  const { router, start } = bench();
  const hops = 20_000;
  let depth = 0;
  let deepest = 0;
  let left = hops;
  const done = Promise.withResolvers<void>();
  for (const [own, next] of [
    ['a', 'b'],
    ['b', 'a'],
  ] as const) {
    const worker = start(own, () => {
      deepest = Math.max(deepest, ++depth);
      if (--left === 0) done.resolve();
      else void worker.mailbox.send(message(next));
      depth--;
    });
  }
  const app = start('app');
  void app.mailbox.send(message('a'));
  assert.ok(left > 0, 'the circle gave way before its end');
  await done.promise;
  assert.equal(deepest, 1);
  assert.equal(router.counters.accepted, hops);
});

test('a full queue asks senders to wait, opens again at half, and drops beyond the hard bound', async () => {
  const { start, refusals } = bench({ limits: { queueMessages: 4, maxQueueMessages: 6 } });
  const gate = Promise.withResolvers<void>();
  let handled = 0;
  start('b', async () => {
    handled++;
    if (handled === 1) await gate.promise;
  });
  const a = start('a');
  const sent: Sent[] = [];
  for (let i = 0; i < 8; i++) sent.push(a.mailbox.send(message('b', String(i))));
  // One is being handled, then 3 in the queue, then 3 more that ask to wait, then the bound.
  assert.deepEqual(sent.slice(0, 4), [undefined, undefined, undefined, undefined]);
  for (const waiting of sent.slice(4, 7)) assert.ok(waiting instanceof Promise);
  assert.equal(sent[4], sent[5], 'all wait for the same promise');
  assert.deepEqual(reasons(refusals), ['queue-full']);
  gate.resolve();
  await sent[4];
  await settle();
  assert.equal(handled, 7);
});

test('bytes count as well as messages, and one large message always has room', () => {
  const { router, start, refusals } = bench({ limits: { queueBytes: 100, maxQueueBytes: 250 } });
  start('b', () => new Promise(() => undefined));
  const a = start('a');
  const send = (size: number): Sent => a.mailbox.send(localMessage(parseRoute('b'), EMPTY_ROUTE, new Uint8Array(size)));
  assert.equal(send(1), undefined);
  assert.ok(send(1000) instanceof Promise);
  assert.deepEqual(reasons(refusals), []);
  void send(1);
  assert.deepEqual(reasons(refusals), ['queue-full']);
  assert.equal(router.counters.refused['queue-full'], 1);
});

test('waiting ends by time, so two workers that wait for each other go on', async () => {
  const { clock, start } = bench({ limits: { queueMessages: 1, maxWaitMs: 1000 } });
  let handled = 0;
  for (const [own, next] of [
    ['a', 'b'],
    ['b', 'a'],
  ] as const) {
    const worker = start(own, async () => {
      handled++;
      // Fills the other's queue and waits for room there, as the other does here.
      for (let i = 0; i < 2; i++) await worker.mailbox.send(message(next));
    });
  }
  const app = start('app');
  void app.mailbox.send(message('a'));
  await settle();
  const stuck = handled;
  await clock.advance(999);
  assert.equal(handled, stuck);
  await clock.advance(3000);
  assert.ok(handled > stuck);
});

test('an error of a handler is reported and the worker goes on', async () => {
  const { router, start, errors } = bench();
  const got: string[] = [];
  start('b', (received) => {
    const text = fromUtf8(received.payload);
    got.push(text);
    if (text === 'throw') throw new Error('thrown');
    return text === 'reject' ? Promise.reject(new Error('rejected')) : undefined;
  });
  const a = start('a');
  for (const text of ['throw', 'reject', 'fine']) void a.mailbox.send(message('b', text));
  await settle();
  assert.deepEqual(got, ['throw', 'reject', 'fine']);
  assert.deepEqual(errors.map(String), ['Error: thrown', 'Error: rejected']);
  assert.equal(router.counters.workerErrors, 2);
});

test('a callback that throws does not stop the router', (t) => {
  const uncaught: unknown[] = [];
  t.mock.method(globalThis, 'queueMicrotask', (task: () => void) => {
    assert.throws(task, /broken log/);
    uncaught.push(task);
  });
  const { start, collect } = bench({
    onRefused: () => {
      throw new Error('broken log');
    },
  });
  const a = start('a');
  const got = collect('b');
  const relay = start('r', () => {
    void relay.mailbox.send(message('nobody'));
    return relay.mailbox.send(message('b', 'after'));
  });
  void a.mailbox.send(message('r'));
  assert.deepEqual(texts(got), ['after']);
  assert.equal(uncaught.length, 1);
});

test('addresses are taken once, must be local, and are free again after stop', () => {
  const { router, start } = bench();
  const worker = router.register({
    mailbox: { address: localAddress('a'), incoming: allowAll, outgoing: allowAll },
    additional: [{ address: localAddress('a2'), incoming: allowAll, outgoing: allowAll }],
    handle: () => undefined,
  });
  assert.throws(() => start('a'), { code: 'ROUTING_ADDRESS_IN_USE' });
  assert.throws(() => start('a2'), { code: 'ROUTING_ADDRESS_IN_USE' });
  const twice = { address: localAddress('t'), incoming: allowAll, outgoing: allowAll };
  assert.throws(() => router.register({ mailbox: twice, additional: [twice], handle: () => undefined }), {
    code: 'ROUTING_ADDRESS_IN_USE',
  });
  assert.ok(!router.has(localAddress('t')), 'a failed registration leaves nothing behind');
  const far = { ...twice, address: createAddress(1, utf8('h:1')) };
  assert.throws(() => router.register({ mailbox: far, handle: () => undefined }), { code: 'ROUTING_INVALID_ADDRESS' });
  worker.stop();
  worker.stop();
  assert.equal(router.size, 0);
  start('a');
});

test('each mailbox of a worker has its own controls and its own voice', () => {
  const { router, start, refusals } = bench();
  const heard: string[] = [];
  start('b', (_, __, source) => void heard.push(addressName(source)));
  const worker = router.register({
    mailbox: { address: localAddress('public'), incoming: allowAll, outgoing: denyAll },
    additional: [{ address: localAddress('private'), incoming: denyAll, outgoing: allowAll }],
    handle: (_, to) => void heard.push(`at ${addressName(to.address)}`),
  });
  void worker.mailbox.send(message('b'));
  void worker.additional[0]?.send(message('b'));
  const a = start('a');
  void a.mailbox.send(message('public'));
  void a.mailbox.send(message('private'));
  assert.deepEqual(heard, ['private', 'at public']);
  assert.deepEqual(reasons(refusals), ['outgoing-denied', 'incoming-denied']);
});

test('stopping drops what waits, says so, lets senders go, and calls onStop once', async () => {
  const { router, start, refusals } = bench({ limits: { queueMessages: 1 } });
  let stops = 0;
  const worker = router.register({
    mailbox: { address: localAddress('b'), incoming: allowAll, outgoing: allowAll },
    handle: () => new Promise(() => undefined),
    onStop: () => stops++,
  });
  const a = start('a');
  void a.mailbox.send(message('b', '1'));
  const waiting = a.mailbox.send(message('b', '2'));
  assert.ok(waiting instanceof Promise);
  worker.stop();
  await waiting;
  assert.deepEqual(reasons(refusals), ['stopped']);
  assert.equal(stops, 1);
  void worker.mailbox.send(message('a'));
  assert.deepEqual(reasons(refusals), ['stopped', 'stopped']);
});

test('stopping the router frees everything and refuses from then on', async () => {
  const { router, clock, start } = bench({ limits: { queueMessages: 1 } });
  const order: string[] = [];
  for (const name of ['a', 'b']) {
    router.register({
      mailbox: { address: localAddress(name), incoming: allowAll, outgoing: allowAll },
      handle: () => new Promise(() => undefined),
      onStop: () => order.push(name),
    });
  }
  const app = start('app');
  void app.mailbox.send(message('a'));
  const waiting = app.mailbox.send(message('a'));
  assert.equal(clock.pending, 1);
  router.stop();
  await waiting;
  assert.deepEqual(order, ['b', 'a'], 'the last one started is the first one stopped');
  assert.equal(clock.pending, 0);
  assert.equal(router.size, 0);
  assert.throws(() => start('c'), { code: 'ROUTING_STOPPED' });
});

test('a control may answer later: order is kept, denials are reported, failures and silence deny', async () => {
  const { router, clock, start, refusals, errors } = bench({ limits: { maxWaitMs: 1000 } });
  const got: string[] = [];
  const answers = new Map<string, () => ReturnType<AccessControl>>([
    ['late yes', () => Promise.resolve({ allowed: true })],
    ['late no', () => Promise.resolve(denied('no'))],
    ['broken', () => Promise.reject(new Error('late error'))],
    ['silent', () => new Promise(() => undefined)],
    [
      'thrown',
      () => {
        throw new Error('early error');
      },
    ],
    ['yes', () => ({ allowed: true })],
  ]);
  const judge: AccessControl = ({ message: judged }) => answers.get(fromUtf8(judged.payload as Uint8Array))!();
  for (const [name, incoming, outgoing] of [
    ['b', judge, allowAll],
    ['a', allowAll, judge],
    ['c', allowAll, allowAll],
  ] as const) {
    router.register({
      mailbox: { address: localAddress(name), incoming, outgoing },
      handle: (received) => void got.push(`${name} ${fromUtf8(received.payload)}`),
    });
  }
  const app = start('app');
  for (const text of answers.keys()) void app.mailbox.send(message('b', text));
  await settle();
  assert.deepEqual(got, ['b late yes'], 'the silent one holds up what comes after it');
  await clock.advance(1000);
  assert.deepEqual(got, ['b late yes', 'b yes']);
  assert.deepEqual(
    reasons(refusals),
    Array.from({ length: 4 }, () => 'incoming-denied'),
  );
  assert.deepEqual(refusals.map(({ detail }) => detail).sort(), [
    'no',
    'the access control failed',
    'the access control failed',
    'the access control took too long',
  ]);
  assert.deepEqual(errors.map(String), ['Error: early error', 'Error: late error']);
  assert.equal(clock.pending, 0);
});

test('a late outgoing consent is followed by the incoming control', async () => {
  const { router, refusals } = bench();
  const a = router.register({
    mailbox: { address: localAddress('a'), incoming: denyAll, outgoing: () => Promise.resolve({ allowed: true }) },
    handle: () => undefined,
  });
  router.register({
    mailbox: { address: localAddress('b'), incoming: denyAll, outgoing: denyAll },
    handle: () => assert.fail('denied'),
  });
  assert.equal(a.mailbox.send(message('b')), undefined);
  await settle();
  assert.deepEqual(reasons(refusals), ['incoming-denied']);
});

test('a worker stopped while its control decides gets nothing', async () => {
  const { router, start, refusals } = bench();
  const verdict = Promise.withResolvers<{ allowed: true }>();
  const b = router.register({
    mailbox: { address: localAddress('b'), incoming: () => verdict.promise, outgoing: denyAll },
    handle: () => assert.fail('it is stopped'),
  });
  void start('a').mailbox.send(message('b'));
  b.stop();
  verdict.resolve({ allowed: true });
  await settle();
  assert.deepEqual(reasons(refusals), ['stopped']);
});

test('a payload in parts arrives in one piece, unless the worker takes parts', () => {
  const { router, start, collect } = bench();
  const got = collect('b');
  const parts: OutboundMessage[] = [];
  router.register({
    mailbox: { address: localAddress('p'), incoming: allowAll, outgoing: allowAll },
    handleParts: (received) => void parts.push(received),
  });
  const a = start('a');
  const pieces = [utf8('he'), utf8(''), utf8('llo')];
  void a.mailbox.send(partedMessage(parseRoute('b'), EMPTY_ROUTE, pieces, { peerIdentifier: 'I1' }));
  void a.mailbox.send(partedMessage(parseRoute('p'), EMPTY_ROUTE, pieces));
  assert.deepEqual(texts(got), ['hello']);
  assert.equal(got[0]?.localInfo?.peerIdentifier, 'I1');
  assert.equal(parts[0]?.payload, pieces);
});

test('idle resolves when nothing waits and nothing is handled', async () => {
  const { start } = bench();
  const gate = Promise.withResolvers<void>();
  const b = start('b', () => gate.promise);
  await b.idle();
  const a = start('a');
  void a.mailbox.send(message('b'));
  void a.mailbox.send(message('b'));
  let idle = false;
  const waiting = b.idle().then(() => {
    idle = true;
  });
  await settle();
  assert.equal(idle, false);
  gate.resolve();
  await waiting;
  const stuck = start('stuck', () => new Promise(() => undefined));
  void a.mailbox.send(message('stuck'));
  const stopped = stuck.idle();
  stuck.stop();
  await stopped;
});

test('the first terminal address of a route is found', () => {
  const { router, start } = bench();
  start('plain');
  for (const [name, peerIdentifier] of [
    ['tcp', undefined],
    ['channel', 'I2'],
  ] as const) {
    router.register({
      mailbox: { address: localAddress(name), incoming: allowAll, outgoing: denyAll, terminal: { peerIdentifier } },
      handle: () => undefined,
    });
  }
  assert.equal(router.firstTerminal(parseRoute('plain => channel => tcp'))?.peerIdentifier, 'I2');
  assert.deepEqual(router.firstTerminal(parseRoute('tcp => channel')), { peerIdentifier: undefined });
  assert.equal(router.firstTerminal(parseRoute('plain => 1#h:1')), undefined);
});

test('the hops of messages that wait count as well as their payload', async () => {
  const { start } = bench({ limits: { queueBytes: 1024 * 1024, maxQueueBytes: 4 * 1024 * 1024 } });
  start('slow', () => new Promise<void>(() => undefined));
  const source = start('source');
  const route = Array.from({ length: 256 }, (_, i) => localAddress(`hop ${i}`));
  let taken = 0;
  let first: number | undefined;
  for (let i = 0; i < 256; i++) {
    const sent = source.mailbox.send(localMessage([localAddress('slow'), ...route], route, new Uint8Array(0)));
    if (sent instanceof Promise) first ??= i;
    if (sent === undefined || sent instanceof Promise) taken++;
  }
  assert.ok(first !== undefined && first < 16, `asked to wait after ${first}`);
  assert.ok(taken < 64, `${taken} were taken`);
});

test('a backlog of a few bytes each does not keep all that was read with them', async () => {
  const { start } = bench();
  const { promise, resolve } = Promise.withResolvers<void>();
  const got: Uint8Array[] = [];
  start('slow', ({ payload }) => {
    got.push(payload);
    return promise;
  });
  const source = start('source');
  for (let i = 0; i < 200; i++) {
    const read = new Uint8Array(64 * 1024).fill(i);
    void source.mailbox.send(localMessage([localAddress('slow')], EMPTY_ROUTE, read.subarray(8, 16)));
  }
  resolve();
  await settle();
  assert.deepEqual(
    got.map((payload) => payload.toString()),
    Array.from({ length: 200 }, (_, i) => new Uint8Array(8).fill(i).toString()),
  );
  const kept = got.reduce((bytes, { buffer }) => bytes + buffer.byteLength, 0);
  assert.ok(kept < 2 * 1024 * 1024, `${kept} bytes`);
});
