import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, connect as dial, createServer, Socket } from 'node:net';
import { test } from 'node:test';
import { settle, VirtualClock } from '../../../../test/support/virtual-clock.ts';
import { fromHex, toHex } from '../../../kernel/index.ts';
import { allowAll, denyAll, localAddress, localMessage, Router } from '../../routing/index.ts';
import { testTransport } from '../conformance.ts';
import type { Connection } from '../transport.ts';
import { TcpTransport } from './tcp-transport.ts';

testTransport('tcp', () => ({
  clock: new VirtualClock(),
  create: (router) => new TcpTransport(router),
  freePlace: () => '127.0.0.1:0',
  deserted: '127.0.0.1:1',
}));

function node(): { router: Router; transport: TcpTransport; clock: VirtualClock } {
  const clock = new VirtualClock();
  const router = new Router({ clock, random: (length) => crypto.getRandomValues(new Uint8Array(length)) });
  return { router, transport: new TcpTransport(router), clock };
}

/** A bare server that does what the test says. */
async function bareServer(onSocket: (socket: Socket) => void): Promise<{ at: string; close: () => void }> {
  const server = createServer(onSocket);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { at: `127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
}

test('the version byte comes first, at once, and frames follow byte for byte', async () => {
  const { router, transport } = node();
  const received: Uint8Array[] = [];
  const enough = Promise.withResolvers<void>();
  const server = await bareServer((socket) => {
    socket.on('data', (chunk: Uint8Array) => {
      received.push(chunk);
      if (toHex(Buffer.concat(received)).length >= 2 * (1 + 4 + 0x35)) enough.resolve();
    });
    socket.on('error', () => undefined);
  });
  const connection = await transport.connect(server.at);
  const app = router.register({
    mailbox: { address: localAddress('0123456789abcdef0123456789abcdef'), incoming: denyAll, outgoing: allowAll },
    handle: () => undefined,
  });
  void app.mailbox.send(
    localMessage([connection.sender, localAddress('echo')], [app.mailbox.address], fromHex('0548656c6c6f')),
  );
  await enough.promise;
  assert.equal(
    toHex(Buffer.concat(received)),
    '010000003583818200446563686f81820058203031323334353637383961626364656630313233343536373839616263646566460548656c6c6f',
  );
  await transport.stop();
  server.close();
});

test('what is sent while the promise callbacks of a turn still run leaves in one write', async (t) => {
  const { router, transport } = node();
  const frameBytes = fromHex('0000000c838182004473696e6b804178').length;
  const writes = t.mock.method(Socket.prototype, 'cork').mock;
  let arrived = 0;
  const enough = Promise.withResolvers<void>();
  const server = await bareServer((socket) => {
    socket.on('data', (chunk: Uint8Array) => {
      arrived += chunk.length;
      if (arrived === 1 + 3 * frameBytes) enough.resolve();
    });
    socket.on('error', () => undefined);
  });
  const connection = await transport.connect(server.at);
  const app = router.register({
    mailbox: { address: localAddress('app'), incoming: denyAll, outgoing: allowAll },
    handle: () => undefined,
  });
  for (let i = 0; i < 3; i++) {
    for (let hop = 0; hop < 5; hop++) await Promise.resolve();
    void app.mailbox.send(localMessage([connection.sender, localAddress('sink')], [], fromHex('78')));
  }
  await enough.promise;
  const count = writes.callCount();
  await transport.stop();
  server.close();
  assert.equal(count, 1);
});

test('addresses that are none are refused', async () => {
  const { transport } = node();
  for (const bad of ['', 'host', 'host:x', 'a b:1']) {
    await assert.rejects(transport.connect(bad), { code: 'TRANSPORT_INVALID_ADDRESS' }, bad);
    await assert.rejects(transport.listen(bad), { code: 'TRANSPORT_INVALID_ADDRESS' }, bad);
  }
  await assert.rejects(transport.connect('no-such-host.invalid:1'), { code: 'TRANSPORT_CONNECT_FAILED' });
});

test('a connection attempt has a deadline, can be aborted, and ends with the transport', async () => {
  // All three happen before the event loop can learn that the connection stands.
  const server = await bareServer((socket) => socket.on('error', () => undefined));
  const { transport, clock } = node();
  const controller = new AbortController();
  const aborted = transport.connect(server.at, { signal: controller.signal });
  controller.abort(new Error('enough'));
  await assert.rejects(aborted, /enough/);
  const stopped = transport.connect(server.at);
  await Promise.all([assert.rejects(stopped, { code: 'TRANSPORT_STOPPED' }), transport.stop()]);
  assert.equal(clock.pending, 0);

  const hurried = new VirtualClock();
  hurried.schedule = (_, action) => {
    queueMicrotask(action);
    return () => undefined;
  };
  const random = (length: number): Uint8Array => crypto.getRandomValues(new Uint8Array(length));
  const late = new TcpTransport(new Router({ clock: hurried, random }));
  await assert.rejects(late.connect(server.at), {
    code: 'TRANSPORT_CONNECT_TIMED_OUT',
    message: /did not answer within 10000 ms/,
  });
  assert.equal(late.connections.length, 0);
  server.close();
});

test('a peer that does not send its version in time is cut off, on either side', async () => {
  const { transport, clock } = node();
  const server = await bareServer((socket) => socket.on('error', () => undefined));
  const accepted = Promise.withResolvers<Connection>();
  const listener = await transport.listen('127.0.0.1:0', { onConnection: accepted.resolve });
  const opened = await transport.connect(server.at);
  const [, port] = listener.at.split(':');
  const dumb = dial(Number(port), '127.0.0.1');
  dumb.on('error', () => undefined);
  const connection = await accepted.promise;
  await clock.advance(9_999);
  assert.equal(transport.connections.length, 2);
  await clock.advance(1);
  assert.equal((await opened.closed).reason, 'version-timeout');
  assert.equal((await connection.closed).reason, 'version-timeout');
  assert.equal(transport.counters.closed['version-timeout'], 2);
  assert.equal(clock.pending, 0);
  dumb.destroy();
  server.close();
  await transport.stop();
});

test('a version that came in time stops the clock', async () => {
  const [a, b] = [node(), node()];
  const accepted = Promise.withResolvers<Connection>();
  const listener = await a.transport.listen('127.0.0.1:0', { onConnection: accepted.resolve });
  const opened = await b.transport.connect(listener.at);
  await accepted.promise;
  while (a.clock.pending + b.clock.pending > 0) await settle();
  await a.clock.advance(60_000);
  await b.clock.advance(60_000);
  assert.equal(a.transport.connections.length, 1);
  await opened.close();
  await Promise.all([a.transport.stop(), b.transport.stop()]);
});

test('a listener has a maximum; more are cut off and counted', async () => {
  const [a, b] = [node(), node()];
  const listener = await a.transport.listen('127.0.0.1:0', { maxConnections: 1 });
  const first = await b.transport.connect(listener.at);
  const second = await b.transport.connect(listener.at);
  assert.ok(['closed-by-peer', 'input-error'].includes((await second.closed).reason));
  assert.equal(a.transport.counters.rejected, 1);
  assert.equal(a.transport.connections.length, 1);
  await first.close();
  await Promise.all([a.transport.stop(), b.transport.stop()]);
});

test('one host cannot take all connections of a listener', {
  skip: process.platform === 'linux' ? false : 'only Linux has several loopback addresses at once',
}, async () => {
  const { transport } = node();
  const accepted: Connection[] = [];
  const listener = await transport.listen('127.0.0.1:0', {
    maxConnections: 4,
    onConnection: (connection) => accepted.push(connection),
  });
  const port = Number(listener.at.split(':')[1]);
  const sockets: Socket[] = [];
  const from = async (localAddress: string): Promise<Socket> => {
    const socket = dial({ port, host: '127.0.0.1', localAddress });
    sockets.push(socket);
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  };
  /** The version byte, or nothing when the connection is cut off. */
  const greeting = async (socket: Socket): Promise<string> => {
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    await Promise.race([once(socket, 'data'), once(socket, 'close')]);
    return toHex(Buffer.concat(chunks));
  };
  const greetings: string[] = [];
  for (let i = 0; i < 3; i++) greetings.push(await greeting(await from('127.0.0.1')));
  assert.deepEqual(greetings, ['01', '01', '']);
  assert.equal(await greeting(await from('127.0.0.2')), '01');
  assert.equal(transport.counters.rejected, 1);
  assert.equal(accepted.length, 3);
  // A connection that ends makes room again.
  await accepted[0]?.close();
  assert.equal(await greeting(await from('127.0.0.1')), '01');
  for (const socket of sockets) socket.destroy();
  await transport.stop();
});

test('a peer that stops reading makes senders wait, and closing does not wait for it', async () => {
  const { router, transport, clock } = node();
  const server = await bareServer((socket) => {
    socket.pause();
    socket.on('error', () => undefined);
    socket.write(Uint8Array.of(1));
  });
  const connection = await transport.connect(server.at);
  const app = router.register({
    mailbox: { address: localAddress('app'), incoming: denyAll, outgoing: allowAll },
    handle: () => undefined,
  });
  const payload = new Uint8Array(256 * 1024);
  let waiting: Promise<void> | undefined;
  for (let i = 0; i < 200 && waiting === undefined; i++) {
    const sent = app.mailbox.send(localMessage([connection.sender, localAddress('x')], [], payload));
    for (let turn = 0; turn < 3; turn++) await settle();
    if (sent instanceof Promise) waiting = sent;
  }
  assert.ok(waiting, 'fifty megabytes were taken by a peer that reads nothing');
  const closing = connection.close();
  await waiting;
  await clock.advance(2_000);
  assert.equal((await closing).reason, 'closed-here');
  assert.equal(clock.pending, 0);
  server.close();
  await transport.stop();
});

test('IPv6 places are written with brackets', async (t) => {
  const { transport } = node();
  try {
    const listener = await transport.listen('[::1]:0');
    assert.match(listener.at, /^\[::1\]:\d+$/);
    const connection = await transport.connect(listener.at);
    assert.match(connection.remote, /^\[::1\]:\d+$/);
  } catch (error) {
    if ((error as { code?: string }).code !== 'TRANSPORT_LISTEN_FAILED') throw error;
    t.skip('this machine has no IPv6');
  }
  await transport.stop();
});

test('a connection of a peer that has vanished is noticed at both ends: the system probes idle ones', {
  skip: process.platform === 'linux' ? false : 'only Linux shows its timers as files',
}, async () => {
  const [a, b] = [node(), node()];
  const accepted = Promise.withResolvers<Connection>();
  const listener = await b.transport.listen('127.0.0.1:0', { onConnection: accepted.resolve });
  await a.transport.connect(listener.at);
  const { remote } = await accepted.promise;
  const port = (at: string): string => Number(at.split(':')[1]).toString(16).toUpperCase().padStart(4, '0');
  const [here, there] = [port(listener.at), port(remote)];
  /** Kind of the timer of the socket from one port to the other; 02 is that of the probes. */
  const timerOf = (local: string, other: string): string | undefined =>
    new RegExp(`:${local} \\w+:${other} 01 \\w+:\\w+ (\\w\\w):`).exec(readFileSync('/proc/net/tcp', 'utf8'))?.[1];
  assert.equal(timerOf(there, here), '02', 'opened');
  assert.equal(timerOf(here, there), '02', 'accepted');
  await Promise.all([a.transport.stop(), b.transport.stop()]);
});

test('a closed socket refers to nothing of ours, and the connection that had it is harmless', async () => {
  const sockets: Socket[] = [];
  const note = (message: unknown): void => void sockets.push((message as { socket: Socket }).socket);
  for (const name of ['net.client.socket', 'net.server.socket']) subscribe(name, note);
  const [a, b] = [node(), node()];
  const accepted = Promise.withResolvers<Connection>();
  const listener = await b.transport.listen('127.0.0.1:0', { onConnection: accepted.resolve });
  const opened = await a.transport.connect(listener.at);
  const other = await accepted.promise;
  for (const name of ['net.client.socket', 'net.server.socket']) unsubscribe(name, note);
  assert.equal(sockets.length, 2);
  for (const socket of sockets) assert.ok(socket.listenerCount('data') === 1 && socket.listenerCount('close') > 0);
  await opened.close();
  await other.closed;
  for (const socket of sockets) assert.deepEqual(socket.eventNames(), []);
  for (const connection of [opened, other]) {
    await connection.drain();
    assert.deepEqual(await connection.close(), await connection.closed);
  }
  await Promise.all([a.transport.stop(), b.transport.stop()]);
});
