import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Clock, fromUtf8, utf8 } from '../../kernel/index.ts';
import {
  type Address,
  allowAll,
  allowOnward,
  denyAll,
  formatRoute,
  localAddress,
  type LocalMessage,
  localMessage,
  MAX_ROUTE_BYTES,
  MAX_ROUTE_HOPS,
  partedMessage,
  prepend,
  type Refusal,
  request,
  Router,
  type Sent,
  startEcho,
  type Worker,
} from '../routing/index.ts';
import { type Connection, MAX_MESSAGE_BYTES, type Transport } from './transport.ts';

/** What the suite needs of an implementation. */
export interface TransportLab {
  /** A transport for the node of `router`; all of one lab can reach each other. */
  readonly create: (router: Router) => Transport;
  readonly clock: Clock;
  /** Where to listen; every call gives a place that is free. */
  readonly freePlace: () => string;
  /** A place where nobody listens. */
  readonly deserted: string;
}

interface Side {
  readonly router: Router;
  readonly transport: Transport;
  readonly refusals: Refusal[];
  readonly app: Worker;
}

interface Pair {
  readonly here: Side;
  readonly there: Side;
  /** The connection as each side sees it. */
  readonly opened: Connection;
  readonly accepted: Connection;
  readonly listenerId: Parameters<Router['flows']['addConsumer']>[1];
  readonly stop: () => Promise<void>;
}

/** Everything that each implementation of {@link Transport} keeps. */
export function testTransport(name: string, createLab: () => TransportLab): void {
  const side = (lab: TransportLab): Side => {
    const refusals: Refusal[] = [];
    const router = new Router({
      clock: lab.clock,
      random: (length) => crypto.getRandomValues(new Uint8Array(length)),
      onRefused: (refusal) => refusals.push(refusal),
      onWorkerError: (error) => assert.fail(String(error)),
    });
    const transport = lab.create(router);
    const app = router.register({
      mailbox: { address: localAddress('app'), incoming: allowAll, outgoing: allowAll },
      handle: () => undefined,
    });
    return { router, transport, refusals, app };
  };

  const pair = async (): Promise<Pair> => {
    const lab = createLab();
    const here = side(lab);
    const there = side(lab);
    const accepted = Promise.withResolvers<Connection>();
    const listener = await there.transport.listen(lab.freePlace(), { onConnection: accepted.resolve });
    const opened = await here.transport.connect(listener.at);
    return {
      here,
      there,
      opened,
      accepted: await accepted.promise,
      listenerId: listener.flowControlId,
      stop: async () => {
        await Promise.all([here.transport.stop(), there.transport.stop()]);
        here.router.stop();
        there.router.stop();
      },
    };
  };

  /** A worker at `address` that counts; `until(n)` resolves when it has got n messages. */
  const collect = (
    router: Router,
    address: Address,
  ): { got: LocalMessage[]; until: (count: number) => Promise<void> } => {
    const got: LocalMessage[] = [];
    let check = (): void => undefined;
    router.register({
      mailbox: { address, incoming: allowAll, outgoing: denyAll },
      handle: (message) => {
        got.push(message);
        check();
      },
    });
    return {
      got,
      until: (count) =>
        new Promise((resolve) => {
          check = () => {
            if (got.length >= count) resolve();
          };
          check();
        }),
    };
  };
  const sink = localAddress('sink');

  test(`${name}: a request crosses and its answer comes back`, async () => {
    const { here, there, opened, listenerId, stop } = await pair();
    const echo = startEcho(there.router, { incoming: allowAll });
    there.router.flows.addConsumer(echo.mailbox.address, listenerId);
    const answer = await request(here.router, { onward: [opened.sender, echo.mailbox.address], payload: utf8('hi') });
    assert.equal(fromUtf8(answer.payload), 'hi');
    assert.equal(formatRoute(answer.return), formatRoute([opened.sender, echo.mailbox.address]));
    await stop();
  });

  test(`${name}: routes change as the specification says, and local information stays here`, async () => {
    const { here, there, opened, accepted, listenerId, stop } = await pair();
    const { got, until } = collect(there.router, sink);
    there.router.flows.addConsumer(sink, listenerId);
    const [next, back] = [localAddress('next'), localAddress('back')];
    void here.app.mailbox.send(
      localMessage([opened.sender, sink, next], [back], utf8('x'), { peerIdentifier: 'somebody' }),
    );
    await until(1);
    assert.equal(formatRoute(got[0]!.onward), formatRoute([sink, next]));
    assert.equal(formatRoute(got[0]!.return), formatRoute([accepted.sender, back]));
    assert.equal(got[0]!.localInfo, undefined);
    await stop();
  });

  test(`${name}: thousands of messages arrive in order and whole, in parts or not`, async () => {
    const { here, there, opened, listenerId, stop } = await pair();
    const { got, until } = collect(there.router, sink);
    there.router.flows.addConsumer(sink, listenerId);
    const count = 3000;
    for (let i = 0; i < count; i++) {
      const text = utf8(`${i} `.padEnd((i * 37) % 9000, 'x'));
      const route = [opened.sender, sink];
      const message =
        i % 2 === 0
          ? localMessage(route, [], text)
          : partedMessage(route, [], [text.subarray(0, 3), text.subarray(3, 3), text.subarray(3)]);
      await here.app.mailbox.send(message);
    }
    await until(count);
    for (const [i, { payload }] of got.entries()) {
      assert.equal(fromUtf8(payload), `${i} `.padEnd((i * 37) % 9000, 'x'));
    }
    assert.deepEqual(here.refusals, []);
    assert.deepEqual(there.refusals, []);
    await stop();
  });

  test(`${name}: only consumers of the connection or of its listener are reached`, async () => {
    const { here, there, opened, accepted, listenerId, stop } = await pair();
    const places = ['none', 'own', 'spawner', 'other'].map(localAddress) as [Address, Address, Address, Address];
    const seen: string[] = [];
    const done = Promise.withResolvers<void>();
    for (const address of places) {
      there.router.register({
        mailbox: { address, incoming: allowAll, outgoing: denyAll },
        handle: (message) => {
          seen.push(formatRoute(message.onward));
          if (seen.length === 3) done.resolve();
        },
      });
    }
    there.router.flows.addConsumer(places[1], accepted.flowControlId);
    there.router.flows.addConsumer(places[2], listenerId);
    for (const address of [...places, places[1]])
      void here.app.mailbox.send(localMessage([opened.sender, address], [], utf8('')));
    await done.promise;
    assert.deepEqual(seen, ['0#own', '0#spawner', '0#own']);
    assert.deepEqual(
      there.refusals.map(({ reason, source }) => [reason, source.key === accepted.receiver.key]),
      [
        ['outgoing-denied', true],
        ['outgoing-denied', true],
      ],
    );
    assert.deepEqual(here.refusals, []);
    await stop();
  });

  test(`${name}: an unknown worker and an empty route are passed over, and the connection stays`, async () => {
    const { here, there, opened, listenerId, stop } = await pair();
    const { until } = collect(there.router, sink);
    there.router.flows.addConsumer(sink, listenerId);
    void here.app.mailbox.send(localMessage([opened.sender], [], utf8('')));
    void here.app.mailbox.send(localMessage([opened.sender, localAddress('nobody')], [], utf8('')));
    void here.app.mailbox.send(localMessage([opened.sender, sink], [], utf8('')));
    await until(1);
    assert.equal(there.transport.counters.heartbeats, 1);
    assert.deepEqual(
      there.refusals.map(({ reason }) => reason),
      ['unknown-destination'],
    );
    await stop();
  });

  test(`${name}: nobody but this node writes to the sender, and nobody at all to the receiver`, async () => {
    const { here, there, opened, accepted, listenerId, stop } = await pair();
    const { until } = collect(there.router, sink);
    there.router.flows.addConsumer(sink, listenerId);
    const sent = here.app.mailbox.send(localMessage([opened.receiver], [], utf8('')));
    assert.equal((sent as Refusal).reason, 'incoming-denied');
    // A peer that names our sender would have its message sent back to it: that is for relays, which say so.
    void here.app.mailbox.send(localMessage([opened.sender, accepted.sender, sink], [], utf8('')));
    void here.app.mailbox.send(localMessage([opened.sender, sink], [], utf8('')));
    await until(1);
    assert.deepEqual(
      there.refusals.map(({ reason }) => reason),
      ['outgoing-denied'],
    );
    assert.deepEqual(here.router.terminal(opened.sender), { peerIdentifier: undefined });
    await stop();
  });

  test(`${name}: a large message crosses, a route that no peer would read is refused, and what no frame can hold ends the connection of its sender`, async () => {
    const { here, there, opened, accepted, listenerId, stop } = await pair();
    const { got, until } = collect(there.router, sink);
    there.router.flows.addConsumer(sink, listenerId);
    const head = 1 + 1 + (1 + 1 + 1 + sink.bytes.length) + 1 + 5;
    const largest = new Uint8Array(MAX_MESSAGE_BYTES - head);
    largest[largest.length - 1] = 7;
    await here.app.mailbox.send(localMessage([opened.sender, sink], [], largest));
    await until(1);
    assert.equal(got[0]?.payload.length, largest.length);
    assert.equal(got[0]?.payload.at(-1), 7);
    const hops = (count: number, bytes: number): Address[] =>
      Array.from({ length: count }, () => localAddress('x'.repeat(bytes)));
    for (const [onward, back] of [
      [[sink, ...hops(MAX_ROUTE_HOPS, 1)], []],
      [[sink], hops(MAX_ROUTE_HOPS + 1, 1)],
      [[sink], hops(MAX_ROUTE_BYTES / 1024 + 1, 1024)],
    ] as const) {
      const sent = here.app.mailbox.send(localMessage([opened.sender, ...onward], back, utf8('x')));
      assert.equal((sent as Refusal).reason, 'incoming-denied');
    }
    void here.app.mailbox.send(localMessage([opened.sender, sink], hops(MAX_ROUTE_HOPS, 1), utf8('still here')));
    await until(2);
    assert.equal(got[1]?.return.length, 1 + MAX_ROUTE_HOPS);
    assert.ok(there.transport.connections.includes(accepted));
    void here.app.mailbox.send(localMessage([opened.sender, sink], [], new Uint8Array(largest.length + 1)));
    assert.equal((await opened.closed).reason, 'message-too-large');
    assert.equal((await accepted.closed).reason, 'closed-by-peer');
    assert.equal(here.transport.counters.closed['message-too-large'], 1);
    await stop();
  });

  test(`${name}: a busy worker on the other side makes the sender wait, and nothing is lost`, async () => {
    const { here, there, opened, listenerId, stop } = await pair();
    const gate = Promise.withResolvers<void>();
    const all = Promise.withResolvers<void>();
    const total = 400;
    let handled = 0;
    there.router.register({
      mailbox: { address: sink, incoming: allowAll, outgoing: denyAll },
      handle: async () => {
        await gate.promise;
        if (++handled === total) all.resolve();
      },
    });
    there.router.flows.addConsumer(sink, listenerId);
    let accepted = 0;
    let asked: Sent;
    const payload = new Uint8Array(128 * 1024);
    const feed = (async () => {
      for (; accepted < total; accepted++) {
        asked = here.app.mailbox.send(localMessage([opened.sender, sink], [], payload));
        await asked;
      }
    })();
    // Let the pipe fill up: while the sender is free it goes on within a few turns of the event loop.
    let before = -1;
    while (before !== accepted) {
      before = accepted;
      for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    }
    assert.ok(accepted < total, 'the sender was not slowed down');
    assert.ok(asked instanceof Promise);
    gate.resolve();
    await feed;
    await all.promise;
    assert.deepEqual(there.refusals, []);
    await stop();
  });

  test(`${name}: closing at either end frees the addresses of both`, async () => {
    for (const closer of ['opened', 'accepted'] as const) {
      const made = await pair();
      const { here, there, opened, accepted, stop } = made;
      const closed = await made[closer].close();
      assert.equal(closed.reason, 'closed-here');
      const other = closer === 'opened' ? accepted : opened;
      assert.equal((await other.closed).reason, 'closed-by-peer');
      assert.equal(here.router.size, 1);
      assert.equal(there.router.size, 1);
      assert.equal(here.router.flows.producerOf(opened.sender), undefined);
      assert.equal(here.transport.connections.length, 0);
      const sent = here.app.mailbox.send(localMessage([opened.sender, sink], [], utf8('')));
      assert.equal((sent as Refusal).reason, 'unknown-destination');
      await opened.close();
      await stop();
    }
  });

  test(`${name}: what was sent before a drained close arrives`, async () => {
    const { here, there, opened, accepted, listenerId, stop } = await pair();
    const { got } = collect(there.router, sink);
    there.router.flows.addConsumer(sink, listenerId);
    for (let i = 0; i < 100; i++)
      await here.app.mailbox.send(localMessage([opened.sender, sink], [], new Uint8Array(10_000)));
    await opened.drain();
    await opened.close();
    await accepted.closed;
    assert.equal(got.length, 100);
    await opened.drain();
    await stop();
  });

  test(`${name}: stopping the router ends its connections`, async () => {
    const { here, opened, accepted, stop } = await pair();
    here.router.stop();
    assert.equal((await opened.closed).reason, 'closed-here');
    assert.equal((await accepted.closed).reason, 'closed-by-peer');
    await stop();
  });

  test(`${name}: a third node forwards between two connections when it is told to`, async () => {
    const lab = createLab();
    const [left, middle, right] = [side(lab), side(lab), side(lab)];
    const atMiddle = await middle.transport.listen(lab.freePlace());
    const atRight = await right.transport.listen(lab.freePlace());
    const onward = await middle.transport.connect(atRight.at);
    const relay = middle.router.register({
      mailbox: { address: localAddress('relay'), incoming: allowAll, outgoing: allowOnward(onward.sender) },
      handle: (message) => {
        const [previous] = message.return;
        middle.router.flows.admitRelay(previous, onward.sender);
        const route = prepend(onward.sender, message.onward.slice(1));
        return relay.mailbox.send(localMessage(route, message.return, message.payload, message.localInfo));
      },
    });
    middle.router.flows.addConsumer(relay.mailbox.address, atMiddle.flowControlId);
    const echo = startEcho(right.router, { incoming: allowAll });
    right.router.flows.addConsumer(echo.mailbox.address, atRight.flowControlId);
    const first = await left.transport.connect(atMiddle.at);
    const answer = await request(left.router, {
      onward: [first.sender, relay.mailbox.address, echo.mailbox.address],
      payload: utf8('through'),
    });
    assert.equal(fromUtf8(answer.payload), 'through');
    for (const { transport, router } of [left, middle, right]) {
      await transport.stop();
      router.stop();
    }
  });

  test(`${name}: connecting fails in a coded way when nobody is there, nothing is meant, or it is too late`, async () => {
    const lab = createLab();
    const { transport, router } = side(lab);
    await assert.rejects(transport.connect(lab.deserted), { code: 'TRANSPORT_CONNECT_FAILED' });
    await assert.rejects(transport.connect(lab.deserted, { signal: AbortSignal.abort(new Error('enough')) }), /enough/);
    await transport.stop();
    await assert.rejects(transport.connect(lab.deserted), { code: 'TRANSPORT_STOPPED' });
    await assert.rejects(transport.listen(lab.freePlace()), { code: 'TRANSPORT_STOPPED' });
    assert.equal(transport.counters.opened, 0);
    router.stop();
  });

  test(`${name}: a place is taken once, a closed listener accepts no more, and what it accepted stays`, async () => {
    const lab = createLab();
    const [server, client] = [side(lab), side(lab)];
    const listener = await server.transport.listen(lab.freePlace());
    await assert.rejects(server.transport.listen(listener.at), { code: 'TRANSPORT_LISTEN_FAILED' });
    assert.equal(server.router.flows.spawnerOf(listener.address), listener.flowControlId);
    const echo = startEcho(server.router, { incoming: allowAll });
    server.router.flows.addConsumer(echo.mailbox.address, listener.flowControlId);
    const connection = await client.transport.connect(listener.at);
    await request(client.router, { onward: [connection.sender, echo.mailbox.address] });
    await listener.close();
    await listener.close();
    assert.equal(server.router.flows.spawnerOf(listener.address), undefined);
    await assert.rejects(client.transport.connect(listener.at), { code: 'TRANSPORT_CONNECT_FAILED' });
    await request(client.router, { onward: [connection.sender, echo.mailbox.address] });
    await client.transport.stop();
    await server.transport.stop();
  });
}
