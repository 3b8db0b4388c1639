import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createNetworkNode, type NetworkNode } from '../../../test/support/network-node.ts';
import { eventually, VirtualClock } from '../../../test/support/virtual-clock.ts';
import { trustEveryone } from '../../trust/credential/index.ts';
import {
  allowAll,
  type LocalMessage,
  localAddress,
  localMessage,
  prepend,
  releasePayload,
  type Route,
  startHop,
} from '../routing/index.ts';
import { TcpTransport } from '../transport/tcp/index.ts';
import { listenForChannels, openChannel } from './index.ts';

// The memory of sealed messages is given back once it is used up. Whatever was given back too early is empty or overwritten here.

const API = localAddress('api');
const SIZE = 48 * 1024;
const COUNT = 64;
const clock = new VirtualClock();
let a: NetworkNode;
let b: NetworkNode;
let transports: TcpTransport[];
let first: Route;
/** What a worker of B saw of sealed messages before it passed them on. */
const tapped: LocalMessage[] = [];
let inbox: { readonly payloads: Uint8Array[]; full: PromiseWithResolvers<void> };

before(async () => {
  [a, b] = [await createNetworkNode(clock), await createNetworkNode(clock)];
  transports = [a, b].map(({ router }) => new TcpTransport(router));
  const listener = await transports[1]!.listen('127.0.0.1:0');
  const channels = listenForChannels(b.channels, {
    address: API,
    identity: b.identity.identifier,
    trust: trustEveryone,
  });
  startHop(b.router, { incoming: allowAll });
  const tap = b.router.register({
    mailbox: { address: localAddress('tap'), incoming: allowAll, outgoing: allowAll },
    handle: (message) => {
      tapped.push(message);
      return tap.mailbox.send(
        localMessage(message.onward.slice(1), prepend(tap.mailbox.address, message.return), message.payload),
      );
    },
  });
  b.router.register({
    mailbox: { address: localAddress('inbox'), incoming: allowAll, outgoing: allowAll },
    handle: ({ payload }) => {
      inbox.payloads.push(payload);
      if (inbox.payloads.length === COUNT) inbox.full.resolve();
    },
  });
  for (const name of ['api', 'hop', 'tap', 'inbox']) {
    b.router.flows.addConsumer(localAddress(name), listener.flowControlId);
    b.router.flows.addConsumer(localAddress(name), channels.flowControlId);
  }
  first = [(await transports[0]!.connect(listener.at)).sender];
});

after(async () => {
  await Promise.all(transports.map((transport) => transport.stop()));
  for (const { router } of [a, b]) router.stop();
});

const dial = (route: Route) =>
  eventually(
    clock,
    openChannel(a.channels, { identity: a.identity.identifier, trust: trustEveryone, route: [...first, ...route] }),
  );

/** Sends distinct payloads of 48 KiB along `route` to the inbox; every one must arrive and be still what it was here. */
async function sendMany(route: Route): Promise<void> {
  inbox = { payloads: [], full: Promise.withResolvers() };
  const source = a.router.register({
    mailbox: { address: localAddress('source'), incoming: allowAll, outgoing: allowAll },
    handle: () => undefined,
  });
  const sent = Array.from({ length: COUNT }, (_, i) => new Uint8Array(SIZE).fill(i + 1));
  for (const payload of sent) {
    const taken = source.mailbox.send(localMessage([...route, localAddress('inbox')], [], payload));
    if (taken instanceof Promise) await taken;
  }
  await inbox.full.promise;
  source.stop();
  for (const [i, payload] of sent.entries()) {
    assert.ok(payload.length === SIZE && payload.every((byte) => byte === i + 1), `payload ${i} of the sender`);
    const arrived = inbox.payloads[i];
    assert.ok(arrived !== undefined && Buffer.compare(arrived, payload) === 0, `payload ${i} at the receiver`);
  }
}

test('large messages arrive whole, and what the sender gave stays its own', async () => {
  const channel = await dial([API]);
  await sendMany([channel.encryptor]);
  channel.close();
});

test('a worker may give back what it has used up, and nothing that is not the message’s alone', async () => {
  const channel = await dial([API]);
  const seen: (readonly [first: number, same: boolean, left: number])[] = [];
  const done = Promise.withResolvers<void>();
  const sink = b.router.register({
    mailbox: { address: localAddress('sink'), incoming: allowAll, outgoing: allowAll },
    handle: (message) => {
      const { payload } = message;
      const [head = 0] = payload;
      const same = payload.length === SIZE && payload.every((byte) => byte === head);
      releasePayload(message);
      seen.push([head, same, payload.length]);
      if (seen.length === COUNT + 1) done.resolve();
    },
  });
  for (const id of b.router.flows.idsOfConsumer(localAddress('inbox'))) {
    b.router.flows.addConsumer(localAddress('sink'), id);
  }
  const source = a.router.register({
    mailbox: { address: localAddress('source'), incoming: allowAll, outgoing: allowAll },
    handle: () => undefined,
  });
  for (let i = 0; i < COUNT; i++) {
    const payload = new Uint8Array(SIZE).fill(i + 1);
    const taken = source.mailbox.send(localMessage([channel.encryptor, localAddress('sink')], [], payload));
    if (taken instanceof Promise) await taken;
  }
  const own = new Uint8Array(SIZE).fill(200);
  const neighbour = b.router.register({
    mailbox: { address: localAddress('neighbour'), incoming: allowAll, outgoing: allowAll },
    handle: () => undefined,
  });
  void neighbour.mailbox.send(localMessage([localAddress('sink')], [], own));
  await done.promise;
  for (const worker of [source, sink, neighbour]) worker.stop();
  channel.close();
  assert.ok(seen.every(([, same]) => same));
  assert.deepEqual(
    seen.filter(([head]) => head !== 200).map(([, , left]) => left),
    Array.from({ length: COUNT }, () => 0),
  );
  assert.deepEqual(
    seen.find(([head]) => head === 200),
    [200, true, SIZE],
  );
  assert.equal(own.length, SIZE, 'what was sent inside a node is the sender’s');
});

test('so they do through a channel in a channel', async () => {
  const outer = await dial([API]);
  const inner = await eventually(
    clock,
    openChannel(a.channels, {
      identity: a.identity.identifier,
      trust: trustEveryone,
      route: [outer.encryptor, localAddress('hop'), API],
    }),
  );
  await sendMany([inner.encryptor]);
  inner.close();
  outer.close();
});

test('a worker on the way may keep what it passed on', async () => {
  const channel = await dial([localAddress('tap'), API]);
  await sendMany([channel.encryptor]);
  const large = tapped.filter(({ payload }) => payload.length > SIZE);
  assert.equal(large.length, COUNT);
  const distinct = new Set(large.map(({ payload }) => Buffer.from(payload).toString('latin1')));
  assert.equal(distinct.size, COUNT, 'none was emptied or overwritten');
  channel.close();
});

test('what a worker of this node sends to a decryptor stays its own', async () => {
  const channel = await dial([API]);
  const junk = a.router.register({
    mailbox: { address: localAddress('junk'), incoming: allowAll, outgoing: allowAll },
    handle: () => undefined,
  });
  const payload = new Uint8Array(SIZE).fill(7);
  const refused = a.events.length;
  assert.equal(junk.mailbox.send(localMessage([channel.decryptor], [], payload)), undefined);
  assert.equal(a.events[refused]?.kind, 'message-refused');
  assert.ok(payload.length === SIZE && payload.every((byte) => byte === 7));
  junk.stop();
  channel.close();
});
