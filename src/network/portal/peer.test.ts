import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect as connectSocket, createServer, type Socket } from 'node:net';
import { after, suite, test } from 'node:test';
import { settle, VirtualClock } from '../../../test/support/virtual-clock.ts';
import { concat, fromHex, fromUtf8, toHex, utf8 } from '../../kernel/index.ts';
import {
  type Address,
  addressName,
  allowAll,
  localAddress,
  type LocalMessage,
  localMessage,
  type Route,
  Router,
  type Worker,
} from '../routing/index.ts';
import { openInlet, type PortalEvent, startOutlet } from './index.ts';
import { decodePortalMessage, encodePayload } from './portal-message.ts';

const OUTLET = localAddress('outlet');
const PEER = localAddress('peer');
const HELLO = fromHex('030568656c6c6f');

const closers: (() => void)[] = [];
after(() => closers.forEach((close) => close()));

/** One router with a worker that is the other end of a portal, driven by hand. */
interface Bench {
  readonly router: Router;
  readonly events: PortalEvent[];
  readonly errors: unknown[];
  /** What came to the peer, oldest first. */
  readonly inbox: LocalMessage[];
  readonly next: () => Promise<LocalMessage>;
  readonly send: (onward: Route, payload: Uint8Array, returnRoute?: Route) => Promise<void>;
}

function bench(address: Address = PEER): Bench {
  const errors: unknown[] = [];
  const router = new Router({
    clock: new VirtualClock(),
    random: (length) => crypto.getRandomValues(new Uint8Array(length)),
    onWorkerError: (error) => errors.push(error),
  });
  closers.push(() => router.stop());
  const inbox: LocalMessage[] = [];
  const worker: Worker = router.register({
    mailbox: { address, incoming: allowAll, outgoing: allowAll },
    handle: (message) => void inbox.push(message),
  });
  return {
    router,
    events: [],
    errors,
    inbox,
    next: async () => {
      await until(() => inbox.length > 0);
      return inbox.shift()!;
    },
    send: async (onward, payload, returnRoute = [address]) => {
      await worker.mailbox.send(localMessage(onward, returnRoute, payload));
    },
  };
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!condition()) {
    assert.ok(performance.now() < deadline, 'it happens');
    await settle();
  }
}

/** A target whose connections are collected. */
async function target(): Promise<{ readonly port: number; readonly sockets: Socket[] }> {
  const sockets: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    sockets.push(socket);
  });
  server.listen(0, '127.0.0.1');
  closers.push(
    () => server.close(),
    () => sockets.forEach((socket) => socket.destroy()),
  );
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, sockets };
}

const open = { incoming: 'anyone', outgoing: 'anyone' } as const;
const texts = (events: readonly PortalEvent[]): string[] =>
  events.map((event) => ('reason' in event ? `${event.kind}: ${event.reason}` : event.kind));

/** An outlet with one connection that the peer has opened; everything the target gets is gathered. */
async function connected(): Promise<{ b: Bench; socket: Socket; got: () => string; to: Route }> {
  const b = bench();
  const { port, sockets } = await target();
  startOutlet(b.router, {
    ...open,
    dial: async () => {
      const socket = connectSocket(port, '127.0.0.1');
      await once(socket, 'connect');
      return socket;
    },
    reachableFrom: [],
    onEvent: (event) => b.events.push(event),
  });
  // The way a stock inlet asks after it has reconnected.
  await b.send([OUTLET, OUTLET], fromHex('00'));
  const pong = await b.next();
  assert.equal(toHex(pong.payload), '01');
  assert.deepEqual(pong.onward, [PEER]);
  assert.equal(pong.return.length, 1);
  assert.notEqual(pong.return[0]!.key, OUTLET.key);
  await until(() => sockets.length === 1);
  let text = '';
  sockets[0]!.on('data', (chunk: Uint8Array) => (text += fromUtf8(chunk)));
  return { b, socket: sockets[0]!, got: () => text, to: pong.return };
}

suite('an outlet and a peer made by hand', () => {
  test('understand Payloads with and without counters, empty and large ones', async () => {
    const { b, socket, got, to } = await connected();
    await b.send(to, HELLO);
    await b.send(to, fromHex('030568656c6c6f00'));
    await b.send(to, concat(...encodePayload(utf8('one'), 0)));
    await b.send(to, HELLO);
    await b.send(to, concat(...encodePayload(new Uint8Array(0), 1)));
    await b.send(to, concat(...encodePayload(utf8('two'), 2)));
    await until(() => got() === 'hellohelloonehellotwo');
    const large = 'x'.repeat(200_000);
    await b.send(to, concat(...encodePayload(utf8(large), 3)));
    await until(() => got().endsWith(large));
    socket.write('answer');
    assert.equal(toHex((await b.next()).payload), `0306${toHex(utf8('answer'))}010000`);
    socket.write('more');
    const more = await b.next();
    assert.equal(toHex(more.payload), `0304${toHex(utf8('more'))}010100`);
    assert.deepEqual(more.return.map(addressName), to.map(addressName));
  });

  test('count past 65 535', async () => {
    const { b, got, to } = await connected();
    for (let i = 0; i < 65_535; i++) await b.send(to, concat(...encodePayload(new Uint8Array(0), i)));
    for (const [counter, text] of [
      [65_535, 'last '],
      [0, 'first '],
      [1, 'second'],
    ] as const) {
      await b.send(to, concat(...encodePayload(utf8(text), counter)));
    }
    await until(() => got() === 'last first second');
    assert.deepEqual(texts(b.events), ['opened']);
  });

  test('part when a message is missing', async () => {
    const { b, socket, to } = await connected();
    const errors: (string | undefined)[] = [];
    socket.on('error', (error: NodeJS.ErrnoException) => errors.push(error.code));
    await b.send(to, concat(...encodePayload(utf8('one'), 0)));
    await b.send(to, concat(...encodePayload(utf8('three'), 2)));
    assert.equal(toHex((await b.next()).payload), '02');
    await until(() => socket.closed);
    assert.deepEqual(errors, ['ECONNRESET']);
    assert.deepEqual(texts(b.events), ['opened', 'closed: message-lost']);
  });

  test('go on after messages without a meaning', async () => {
    const { b, got, to } = await connected();
    for (const hex of ['00', '01', '', '04', '03', '0305', 'ff']) await b.send(to, fromHex(hex));
    await b.send([...to, PEER], HELLO);
    await b.send(to, HELLO);
    await until(() => got() === 'hello');
    assert.equal(b.inbox.length, 0);
    assert.equal(b.errors.length, 0);
    assert.deepEqual(
      b.events.map((event) => event.kind),
      ['opened', ...Array(8).fill('message-refused')],
    );
  });

  test('end with all that was sent before the Disconnect', async () => {
    const { b, socket, got, to } = await connected();
    for (let i = 0; i < 50; i++) await b.send(to, concat(...encodePayload(utf8('y'.repeat(49_152)), i)));
    await b.send(to, fromHex('02'));
    await once(socket, 'end');
    assert.equal(got().length, 50 * 49_152);
    socket.end();
    await until(() => b.router.size === 2);
    assert.deepEqual(texts(b.events), ['opened', 'closed: peer-end']);
  });

  test('talk at once, even when the first data come while the Pong is being sent', async () => {
    const b = bench();
    const { port, sockets } = await target();
    const quick = localAddress('quick');
    const worker: Worker = b.router.register({
      mailbox: { address: quick, incoming: allowAll, outgoing: allowAll },
      handle: (message) => worker.mailbox.send(localMessage(message.return, [quick], HELLO)),
    });
    startOutlet(b.router, {
      ...open,
      dial: async () => {
        const socket = connectSocket(port, '127.0.0.1');
        await once(socket, 'connect');
        return socket;
      },
      reachableFrom: [],
      onEvent: (event) => b.events.push(event),
    });
    await b.send([OUTLET], fromHex('00'), [quick]);
    await until(() => sockets.length === 1);
    const [chunk] = (await once(sockets[0]!, 'data')) as [Uint8Array];
    assert.equal(fromUtf8(chunk), 'hello');
    assert.deepEqual(texts(b.events), ['opened']);
  });

  test('have nothing to say to each other but Pings before that', async () => {
    const b = bench();
    const dial = (): Promise<never> => assert.fail('nothing is dialled');
    startOutlet(b.router, { ...open, dial, reachableFrom: [], onEvent: (event) => b.events.push(event) });
    for (const hex of ['01', '02', '030568656c6c6f', '', '04', '0305']) await b.send([OUTLET], fromHex(hex));
    await b.send([OUTLET], fromHex('00'), []);
    await settle();
    assert.equal(b.inbox.length, 0);
    assert.deepEqual(
      b.events.map((event) => event.kind),
      Array(7).fill('message-refused'),
    );
    assert.equal(b.errors.length, 0);
  });
});

suite('an inlet and a peer made by hand', () => {
  /** An inlet whose outlet is the peer, and a client of it; the Ping has arrived. */
  const asked = async (): Promise<{ b: Bench; client: Socket; got: () => string; to: Route }> => {
    const b = bench(OUTLET);
    const inlet = await openInlet(b.router, {
      ...open,
      listen: '127.0.0.1:0',
      outlet: OUTLET,
      connect: async () => ({ route: [], close: () => undefined, closed: new Promise(() => undefined) }),
      onEvent: (event) => b.events.push(event),
    });
    await until(() => inlet.isUp());
    const client = connectSocket({ port: Number(inlet.at.split(':')[1]), host: '127.0.0.1', allowHalfOpen: true });
    client.on('error', () => undefined);
    closers.push(() => client.destroy());
    let text = '';
    client.on('data', (chunk: Uint8Array) => (text += fromUtf8(chunk)));
    client.write('early');
    const ping = await b.next();
    assert.equal(toHex(ping.payload), '00');
    return { b, client, got: () => text, to: ping.return };
  };

  test('wait for the Pong, and use its return route from then on', async () => {
    const { b, client, got, to } = await asked();
    const data: LocalMessage[] = [];
    const own = localAddress('connection of the peer');
    b.router.register({
      mailbox: { address: own, incoming: allowAll, outgoing: allowAll },
      handle: (message) => void data.push(message),
    });
    await b.send(to, HELLO);
    for (let i = 0; i < 20; i++) await settle();
    assert.equal(data.length + b.inbox.length, 0);
    await b.send(to, fromHex('01'), [own]);
    await until(() => data.length === 1);
    assert.equal(toHex(data[0]!.payload), `0305${toHex(utf8('early'))}010000`);
    assert.deepEqual(data[0]!.return, to);
    await b.send(to, HELLO);
    await b.send(to, fromHex('01'), [OUTLET]);
    await until(() => got() === 'hello');
    client.end('late');
    await until(() => data.length === 3);
    assert.deepEqual(
      data.map(({ payload }) => decodePortalMessage(payload).kind),
      ['payload', 'payload', 'disconnect'],
    );
    assert.equal(b.inbox.length, 0);
    assert.deepEqual(texts(b.events), [
      'up',
      'message-refused: data came before the Pong',
      'opened',
      'message-refused: a Pong came that nobody waits for',
      'closed: local-end',
    ]);
  });

  test('part when the peer disconnects before or instead of the Pong', async () => {
    const { b, client, to } = await asked();
    await b.send(to, fromHex('02'));
    await until(() => client.closed);
    assert.deepEqual(texts(b.events), ['up', 'closed: peer-end']);
    assert.equal(b.inbox.length, 0);
  });

  test('swallow what was under way when the client ended', async () => {
    const { b, client, got, to } = await asked();
    await b.send(to, fromHex('01'), [OUTLET]);
    await b.next();
    client.end();
    assert.equal(toHex((await b.next()).payload), '02');
    for (let i = 0; i < 10; i++) await b.send(to, concat(...encodePayload(utf8('late'), i)));
    await until(() => client.closed);
    assert.equal(got(), '');
    assert.equal(b.router.counters.refused['unknown-destination'], 0);
    await (b.router.clock as VirtualClock).advance(2_000);
    await b.send(to, HELLO);
    assert.equal(b.router.counters.refused['unknown-destination'], 1);
  });
});
