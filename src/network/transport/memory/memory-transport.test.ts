import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '../../../../test/support/virtual-clock.ts';
import { utf8 } from '../../../kernel/index.ts';
import { allowAll, denyAll, localAddress, localMessage, Router } from '../../routing/index.ts';
import { testTransport } from '../conformance.ts';
import { MemoryNetwork, type MemoryNetworkOptions } from './memory-network.ts';
import { MemoryTransport } from './memory-transport.ts';

testTransport('memory', () => {
  const clock = new VirtualClock();
  const network = new MemoryNetwork({ clock });
  let places = 0;
  return {
    clock,
    create: (router) => new MemoryTransport(router, network),
    freePlace: () => `place ${places++}`,
    deserted: 'desert',
  };
});

interface Simulation {
  readonly clock: VirtualClock;
  readonly arrivals: string[];
  readonly send: (text: string) => void;
}

async function simulate(options: Omit<MemoryNetworkOptions, 'clock'>): Promise<Simulation> {
  const clock = new VirtualClock();
  const network = new MemoryNetwork({ clock, ...options });
  const random = (length: number): Uint8Array => crypto.getRandomValues(new Uint8Array(length));
  const [a, b] = [new Router({ clock, random }), new Router({ clock, random })];
  const listener = await new MemoryTransport(b, network).listen('b');
  const sink = localAddress('sink');
  const arrivals: string[] = [];
  b.register({
    mailbox: { address: sink, incoming: allowAll, outgoing: denyAll },
    handle: ({ payload }) => void arrivals.push(`${clock.monotonicMs()} ${new TextDecoder().decode(payload)}`),
  });
  b.flows.addConsumer(sink, listener.flowControlId);
  const connecting = new MemoryTransport(a, network).connect('b');
  await clock.advance(1000);
  const connection = await connecting;
  const app = a.register({
    mailbox: { address: localAddress('app'), incoming: denyAll, outgoing: allowAll },
    handle: () => undefined,
  });
  return {
    clock,
    arrivals,
    send: (text) => void app.mailbox.send(localMessage([connection.sender, sink], [], utf8(text))),
  };
}

test('messages travel for the time the network says and do not overtake each other', async () => {
  const delays = [100, 50, 10, 80];
  const { clock, arrivals, send } = await simulate({ delayMs: () => delays.shift() ?? 0 });
  for (const text of ['slow', 'quick', 'medium']) send(text);
  await clock.advance(49);
  assert.deepEqual(arrivals, []);
  await clock.advance(1);
  assert.deepEqual(arrivals, ['1050 slow', '1050 quick']);
  await clock.advance(100);
  assert.deepEqual(arrivals, ['1050 slow', '1050 quick', '1080 medium']);
});

test('what is lost is not there, and the rest is', async () => {
  let asked = 0;
  const { clock, arrivals, send } = await simulate({ lose: () => ++asked % 2 === 0 });
  for (const text of ['1', '2', '3', '4']) send(text);
  await clock.advance(0);
  assert.deepEqual(arrivals, ['1000 1', '1000 3']);
});

test('a connection attempt takes its time, and times out', async () => {
  const clock = new VirtualClock();
  const network = new MemoryNetwork({ clock, delayMs: () => 500 });
  const router = new Router({ clock, random: (length) => crypto.getRandomValues(new Uint8Array(length)) });
  const transport = new MemoryTransport(router, network);
  await transport.listen('here');
  const late = assert.rejects(transport.connect('here', { timeoutMs: 100 }), { code: 'TRANSPORT_CONNECT_TIMED_OUT' });
  const controller = new AbortController();
  const aborted = assert.rejects(transport.connect('here', { signal: controller.signal }), /enough/);
  const made = transport.connect('here');
  await clock.advance(100);
  await late;
  controller.abort(new Error('enough'));
  await aborted;
  await clock.advance(400);
  assert.equal((await made).direction, 'opened');
  await transport.stop();
  assert.equal(clock.pending, 0);
});

test('a listener has a maximum', async () => {
  const clock = new VirtualClock();
  const network = new MemoryNetwork({ clock });
  const router = new Router({ clock, random: (length) => crypto.getRandomValues(new Uint8Array(length)) });
  const transport = new MemoryTransport(router, network);
  await transport.listen('here', { maxConnections: 1 });
  const first = await transport.connect('here');
  await assert.rejects(transport.connect('here'), { code: 'TRANSPORT_CONNECT_FAILED' });
  assert.equal(transport.counters.rejected, 1);
  await first.close();
  await clock.advance(0);
  await transport.connect('here');
  await transport.stop();
});
