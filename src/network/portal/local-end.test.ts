import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { test } from 'node:test';
import { VirtualClock } from '../../../test/support/virtual-clock.ts';
import { LocalEnd } from './local-end.ts';

test('tiny pieces for an application that does not read wait in a bounded number', async () => {
  const accepted = Promise.withResolvers<Socket>();
  const server = createServer({ pauseOnConnect: true }, accepted.resolve).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const local = new LocalEnd(socket, new VirtualClock(), {
    onData: () => undefined,
    onEnd: () => undefined,
    onError: (error) => assert.fail(error.message),
    onStalled: () => assert.fail('no time passes'),
    onClosed: () => undefined,
  });
  const application = await accepted.promise;
  await once(socket, 'connect');
  const turns = async (count: number): Promise<void> => {
    for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
  };
  // Until the system takes no more.
  for (let full = false; !full; full = socket.writableLength > 0) {
    void local.write(new Uint8Array(4096));
    if (socket.writableLength > 0) await turns(50);
  }
  let pieces = 0;
  let room: Promise<void> | undefined;
  while (room === undefined) {
    room = local.write(Uint8Array.of(7));
    pieces++;
    assert.ok(pieces < 2000, 'they wait without a bound');
  }
  application.resume();
  await room;
  assert.equal(local.write(Uint8Array.of(7)), undefined);
  local.reset();
  application.destroy();
  server.close();
});
