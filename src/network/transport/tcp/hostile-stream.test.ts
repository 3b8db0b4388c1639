import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { VirtualClock } from '../../../../test/support/virtual-clock.ts';
import { concat, fromHex, utf8 } from '../../../kernel/index.ts';
import {
  type Address,
  allowAll,
  denyAll,
  encodeTransportMessage,
  localAddress,
  localMessage,
  type LocalMessage,
  MAX_ADDRESS_BYTES,
  MAX_ROUTE_BYTES,
  MAX_ROUTE_HOPS,
  Router,
} from '../../routing/index.ts';
import type { CloseReason, Connection, Listener } from '../transport.ts';
import { TcpTransport } from './tcp-transport.ts';

const clock = new VirtualClock();
const router = new Router({ clock, random: (length) => crypto.getRandomValues(new Uint8Array(length)) });
const cut: CloseReason[] = [];
const transport = new TcpTransport(router, { onCut: (_connection, { reason }) => cut.push(reason) });
const sink = localAddress('sink');
const received: LocalMessage[] = [];
let onMessage = (): void => undefined;
let listener: Listener;
let accepted: PromiseWithResolvers<Connection>;
let neighbour: Connection;

before(async () => {
  router.register({
    mailbox: { address: sink, incoming: allowAll, outgoing: denyAll },
    handle: (message) => {
      received.push(message);
      onMessage();
    },
  });
  listener = await transport.listen('127.0.0.1:0', { onConnection: (connection) => accepted.resolve(connection) });
  router.flows.addConsumer(sink, listener.flowControlId);
  accepted = Promise.withResolvers();
  neighbour = await transport.connect(listener.at);
  await accepted.promise;
});

after(async () => {
  await transport.stop();
  router.stop();
});

/** A frame for the sink, `[[sink], [], "x"]`. */
const good = fromHex('0000000c838182004473696e6b804178');
const version = Uint8Array.of(1);

async function dial(): Promise<{ socket: Socket; connection: Connection }> {
  accepted = Promise.withResolvers();
  const [, port] = listener.at.split(':');
  const socket = connect({ port: Number(port), host: '127.0.0.1', noDelay: true });
  socket.on('error', () => undefined);
  socket.resume();
  const [connection] = await Promise.all([accepted.promise, once(socket, 'connect')]);
  return { socket, connection };
}

/** The neighbour's connection, made before all hostile ones, still works. */
async function neighbourIsWell(): Promise<void> {
  const arrived = Promise.withResolvers<void>();
  onMessage = arrived.resolve;
  const app = router.register({
    mailbox: { address: localAddress('app'), incoming: denyAll, outgoing: allowAll },
    handle: () => undefined,
  });
  void app.mailbox.send(localMessage([neighbour.sender, sink], [], utf8('still here')));
  await arrived.promise;
  app.stop();
}

test('who leaves, or is left, is not told as cut', async () => {
  const [leaving, left] = [await dial(), await dial()];
  leaving.socket.end(version);
  assert.equal((await leaving.connection.closed).reason, 'closed-by-peer');
  assert.equal((await left.connection.close()).reason, 'closed-here');
  assert.deepEqual(cut, []);
});

const cases: readonly [string, Uint8Array, CloseReason][] = [
  ['no version', fromHex('00'), 'wrong-version'],
  ['a newer version', fromHex('02'), 'wrong-version'],
  ['a browser', utf8('GET / HTTP/1.1\r\nHost: x\r\n\r\n'), 'wrong-version'],
  ['a TLS handshake', fromHex('16030100f7010000f303'), 'wrong-version'],
  ['a length of 4 GiB', concat(version, fromHex('ffffffff')), 'frame-too-large'],
  ['one byte over the limit', concat(version, fromHex('01000001')), 'frame-too-large'],
  ['an empty frame', concat(version, fromHex('00000000')), 'frame-malformed'],
  ['garbage', concat(version, fromHex('00000008deadbeefdeadbeef')), 'frame-malformed'],
  ['a truncated message', concat(version, fromHex('00000003838180')), 'frame-malformed'],
  ['a payload longer than its frame', concat(version, fromHex('000000098380805a7fffffff00')), 'frame-malformed'],
  ['a payload in pieces', concat(version, fromHex('000000078380805f4100ff')), 'frame-malformed'],
  ['a route of 2^62 hops', concat(version, fromHex('0000000c839b40000000000000008040')), 'frame-malformed'],
  ['deep nesting', concat(version, fromHex('00000064'), new Uint8Array(100).fill(0x81)), 'frame-malformed'],
  ['a good frame, then garbage', concat(version, good, fromHex('00000001ff')), 'frame-malformed'],
];

for (const [name, bytes, reason] of cases) {
  for (const pace of ['at once', 'byte by byte'] as const) {
    test(`${name}, ${pace}: this connection ends and no other`, async () => {
      const counted = transport.counters.closed[reason];
      const { socket, connection } = await dial();
      if (pace === 'at once') socket.write(bytes);
      else {
        for (const byte of bytes) {
          if (socket.destroyed) break;
          socket.write(Uint8Array.of(byte));
          await new Promise((resolve) => setImmediate(resolve));
        }
      }
      assert.equal((await connection.closed).reason, reason);
      assert.deepEqual(cut.splice(0), [reason], 'the local log is told');
      assert.equal(transport.counters.closed[reason], counted + 1);
      assert.ok(!router.has(connection.sender));
      socket.destroy();
      await neighbourIsWell();
    });
  }
}

test('good frames arrive byte by byte', async () => {
  const { socket, connection } = await dial();
  received.length = 0;
  const arrived = Promise.withResolvers<void>();
  onMessage = () => {
    if (received.length === 2) arrived.resolve();
  };
  for (const byte of concat(version, good, fromHex('0000000483808040'), good)) {
    socket.write(Uint8Array.of(byte));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await arrived.promise;
  assert.deepEqual(
    received.map(({ payload, return: back }) => [payload, back]),
    Array.from({ length: 2 }, () => [utf8('x'), [connection.sender]]),
  );
  socket.destroy();
  await connection.closed;
});

test('a message with a route beyond our bounds is passed over: a relay may have passed it on', async () => {
  const { socket, connection } = await dial();
  received.length = 0;
  const passedOver = transport.counters.unreadableRoutes;
  const arrived = Promise.withResolvers<void>();
  onMessage = arrived.resolve;
  socket.write(version);
  const far = (bytes: number): Address => ({ type: 0, bytes: new Uint8Array(bytes).fill(97), key: '' });
  for (const back of [
    Array.from({ length: MAX_ROUTE_HOPS + 1 }, () => far(1)),
    Array.from({ length: MAX_ROUTE_BYTES / 1024 + 1 }, () => far(1024)),
    [far(MAX_ADDRESS_BYTES + 1)],
  ]) {
    for (const message of [
      { onward: [sink], return: back, payload: utf8('x') },
      { onward: [sink, ...back], return: [], payload: utf8('x') },
    ]) {
      const frame = encodeTransportMessage(message);
      const length = new DataView(new ArrayBuffer(4));
      length.setUint32(0, frame.length);
      socket.write(concat(new Uint8Array(length.buffer), frame));
    }
  }
  socket.write(good);
  await arrived.promise;
  assert.equal(received.length, 1);
  assert.equal(transport.counters.unreadableRoutes, passedOver + 6);
  socket.destroy();
  await connection.closed;
});

test('an end in the middle of anything is an end', async () => {
  const bytes = concat(version, good);
  for (const length of [0, 1, 3, 5, bytes.length - 1, bytes.length]) {
    const { socket, connection } = await dial();
    socket.end(bytes.subarray(0, length));
    assert.equal((await connection.closed).reason, 'closed-by-peer');
    assert.ok(!router.has(connection.sender));
    socket.destroy();
  }
  await neighbourIsWell();
});

test('a reset is an end', async () => {
  const { socket, connection } = await dial();
  socket.write(version);
  socket.resetAndDestroy();
  assert.ok(['input-error', 'closed-by-peer'].includes((await connection.closed).reason));
  await neighbourIsWell();
});

test('nothing is left behind', () => {
  assert.equal(transport.connections.length, 2);
  assert.equal(router.size, 5);
});
