import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { VirtualClock } from '../../../../test/support/virtual-clock.ts';
import { concat } from '../../../kernel/index.ts';
import { allowAll, denyAll, encodeTransportMessage, localAddress, Router } from '../../routing/index.ts';
import type { Connection } from '../transport.ts';
import { TcpTransport } from './tcp-transport.ts';
import { HeldFrames } from './held-frames.ts';

const KIB = 1024;

test('the frame that was begun first is given up when all of them take too much', () => {
  const given: string[] = [];
  const holder = (name: string) => ({ giveUp: () => void given.push(name) });
  const [a, b, c] = [holder('a'), holder('b'), holder('c')];
  const frames = new HeldFrames(100);
  frames.hold(a, 10);
  frames.hold(b, 50);
  frames.hold(a, 50);
  assert.deepEqual(given, [], 'as much as there may be');
  frames.hold(c, 1);
  assert.deepEqual(given, ['a']);
  frames.release(b);
  frames.hold(c, 60);
  // Begun anew, behind c.
  frames.hold(b, 40);
  frames.hold(b, 41);
  assert.deepEqual(given, ['a', 'c']);
  frames.release(a);
  frames.hold(a, 59);
  assert.deepEqual(given, ['a', 'c']);
  frames.hold(a, 101);
  assert.deepEqual(given, ['a', 'c', 'b', 'a'], 'one alone that is too large');
});

test('frames that peers do not finish take no more memory than they may together; others arrive', async () => {
  const router = new Router({
    clock: new VirtualClock(),
    random: (length) => crypto.getRandomValues(new Uint8Array(length)),
  });
  const transport = new TcpTransport(router, { maxUnfinishedBytes: 1024 * KIB });
  const sink = localAddress('sink');
  const arrived = Promise.withResolvers<number>();
  router.register({
    mailbox: { address: sink, incoming: allowAll, outgoing: denyAll },
    handle: ({ payload }) => arrived.resolve(payload.length),
  });
  const accepted: PromiseWithResolvers<Connection>[] = [];
  const listener = await transport.listen('127.0.0.1:0', {
    onConnection: (connection) => accepted.at(-1)?.resolve(connection),
  });
  router.flows.addConsumer(sink, listener.flowControlId);
  const port = Number(listener.at.split(':')[1]);
  const dial = async (): Promise<{ readonly socket: Socket; readonly connection: Connection }> => {
    const turn = Promise.withResolvers<Connection>();
    accepted.push(turn);
    const socket = connect({ port, host: '127.0.0.1' });
    socket.on('error', () => undefined);
    socket.resume();
    await once(socket, 'connect');
    return { socket, connection: await turn.promise };
  };
  const message = encodeTransportMessage({ onward: [sink], return: [], payload: new Uint8Array(800 * KIB) });
  const frame = concat(
    Uint8Array.of(1, message.length >>> 24, message.length >>> 16, message.length >>> 8, message.length),
    message,
  );
  const ends = [await dial(), await dial()];
  // Each of them alone is no harm.
  for (const { socket } of ends) socket.write(frame.subarray(0, 700 * KIB));
  const lost = await Promise.race(ends.map(async (end) => ({ end, closed: await end.connection.closed })));
  assert.equal(lost.closed.reason, 'frame-too-large');
  ends.find((end) => end !== lost.end)?.socket.write(frame.subarray(700 * KIB));
  assert.equal(await arrived.promise, 800 * KIB);
  assert.equal(transport.counters.closed['frame-too-large'], 1);
  for (const { socket } of ends) socket.destroy();
  await transport.stop();
  router.stop();
});
