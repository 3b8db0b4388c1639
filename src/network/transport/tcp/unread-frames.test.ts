import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { VirtualClock } from '../../../../test/support/virtual-clock.ts';
import { concat } from '../../../kernel/index.ts';
import {
  allowAll,
  encodeTransportMessage,
  localAddress,
  localMessage,
  Router,
  startEcho,
} from '../../routing/index.ts';
import type { Connection } from '../transport.ts';
import { TcpTransport } from './tcp-transport.ts';

const MIB = 1024 * 1024;
/** More than the system takes of what a peer does not read. */
const MUCH = 14 * MIB;

interface Dialled {
  readonly socket: Socket;
  /** The same at the other side. */
  readonly connection: Connection;
}

/** Connects without reading anything but the version of the other side, which comes when the connection stands there. */
async function dialled(port: number, accepted: readonly Connection[]): Promise<Dialled> {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(Uint8Array.of(1));
  await once(socket, 'readable');
  const connection = accepted.at(-1);
  assert.ok(connection);
  return { socket, connection };
}

test('a peer that reads nothing is let go after a while, one that reads late is not', async () => {
  const clock = new VirtualClock();
  const router = new Router({ clock, random: (length) => crypto.getRandomValues(new Uint8Array(length)) });
  const transport = new TcpTransport(router);
  const accepted: Connection[] = [];
  const listener = await transport.listen('127.0.0.1:0', { onConnection: (connection) => accepted.push(connection) });
  const port = Number(listener.at.split(':')[1]);
  const asker = router.register({
    mailbox: { address: localAddress('asker'), incoming: allowAll, outgoing: allowAll },
    handle: () => undefined,
  });
  const dial = (): Promise<Dialled> => dialled(port, accepted);
  const [late, never] = [await dial(), await dial()];
  const full = [late, never].map(({ connection }) => {
    void asker.mailbox.send(localMessage([connection.sender, localAddress('x')], [], new Uint8Array(MUCH)));
    return connection.closed;
  });
  const allowedMs = 600_000 + MUCH / 8.192;
  await clock.advance(allowedMs - 1000);
  assert.equal(transport.connections.length, 2);
  let read = 0;
  const { promise: readAll, resolve } = Promise.withResolvers<void>();
  late.socket.on('data', (chunk: Uint8Array) => {
    read += chunk.length;
    if (read > MUCH) resolve();
  });
  await readAll;
  // The other side hears that its socket has room again.
  await late.connection.drain();
  await clock.advance(12_000);
  assert.ok(router.has(late.connection.sender));
  assert.ok(!router.has(never.connection.sender));
  // What was sent would still be handed over, were it read in time.
  await clock.advance(2000);
  assert.equal((await full[1])?.reason, 'unread');
  late.socket.destroy();
  never.socket.destroy();
  await transport.stop();
  router.stop();
});

test('what peers do not read takes no more memory than it may, on its way or waiting; others are served', async () => {
  const clock = new VirtualClock();
  const router = new Router({ clock, random: (length) => crypto.getRandomValues(new Uint8Array(length)) });
  const transport = new TcpTransport(router, { maxUnreadBytes: 2.5 * MUCH });
  const accepted: Connection[] = [];
  const listener = await transport.listen('127.0.0.1:0', { onConnection: (connection) => accepted.push(connection) });
  const echo = startEcho(router, { incoming: allowAll });
  router.flows.addConsumer(echo.mailbox.address, listener.flowControlId);
  const port = Number(listener.at.split(':')[1]);
  const sockets: Socket[] = [];
  const dial = async (): Promise<Dialled> => {
    const one = await dialled(port, accepted);
    sockets.push(one.socket);
    return one;
  };
  const question = (bytes: number): Uint8Array => {
    const message = encodeTransportMessage({
      onward: [echo.mailbox.address],
      return: [localAddress('x')],
      payload: new Uint8Array(bytes),
    });
    const { length } = message;
    return concat(Uint8Array.of(length >>> 24, length >>> 16, length >>> 8, length), message);
  };

  const first = await dial();
  // The first answer is on its way, the second one waits behind it.
  first.socket.write(question(MUCH));
  first.socket.write(question(MUCH));
  const second = await dial();
  second.socket.write(question(MUCH));
  second.socket.write(question(MUCH));
  // What was sent would still be handed over, were it read in time.
  while (router.has(first.connection.sender)) await new Promise((resolve) => setImmediate(resolve));
  await clock.advance(2000);
  assert.equal((await first.connection.closed).reason, 'unread');
  assert.equal(transport.counters.closed.unread, 1);
  assert.ok(transport.connections.includes(second.connection));

  // Whoever reads gets all there is.
  const third = await dial();
  third.socket.write(question(MUCH));
  let read = 0;
  third.socket.on('data', (chunk: Uint8Array) => {
    read += chunk.length;
    if (read >= MUCH) third.socket.destroy();
  });
  await third.connection.closed;
  assert.ok(read >= MUCH);
  for (const socket of sockets) socket.destroy();
  await transport.stop();
  router.stop();
});
