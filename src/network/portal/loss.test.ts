import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectSocket, type Socket } from 'node:net';
import { after, suite, test } from 'node:test';
import {
  closeEverything,
  createPortalWorld,
  endReasons,
  flood,
  type PortalWorld,
  read,
  serve,
  until,
} from '../../../test/support/portal-world.ts';
import { settle } from '../../../test/support/virtual-clock.ts';
import { localAddress } from '../routing/index.ts';
import type { OutletOptions } from './index.ts';

after(closeEverything);

const echo = (socket: Socket): unknown => socket.pipe(socket);

suite('a portal whose way is lost', () => {
  const transfer = async (): Promise<{ w: PortalWorld; client: Socket; target: Socket }> => {
    const targets: Socket[] = [];
    const w = await createPortalWorld(
      await serve((socket) => {
        targets.push(socket);
        flood(socket);
      }),
    );
    const client = await w.client();
    flood(client);
    await read(client, 1024 * 1024);
    client.resume();
    targets[0]!.resume();
    return { w, client, target: targets[0]! };
  };

  test('cuts both ends off in the middle of a transfer, and connects anew', async () => {
    const { w, client, target } = await transfer();
    const errors: (string | undefined)[] = [];
    for (const socket of [client, target])
      socket.on('error', (error: NodeJS.ErrnoException) => errors.push(error.code));
    await w.paths[0]!.connection.close();
    for (const channel of w.listener.channels) channel.close();
    await until(() => client.closed && target.closed);
    // Neither takes it for the regular end of the stream.
    assert.deepEqual(errors, ['ECONNRESET', 'ECONNRESET']);
    await until(() => w.inlet.connections() + w.outlet.connections() === 0);
    assert.deepEqual(endReasons(w.nearEvents), ['way-lost']);
    assert.deepEqual(endReasons(w.farEvents), ['way-lost']);
    assert.equal(w.inlet.isUp(), false);
    const paused = await w.client();
    assert.equal((await read(paused)).length, 0);
    await w.clock.advance(7_500);
    await until(() => w.inlet.isUp());
    assert.equal(w.paths.length, 2);
    const again = await w.client();
    assert.ok((await read(again, 100_000)).length >= 100_000);
    again.destroy();
    assert.deepEqual(
      w.nearEvents.map((event) => event.kind),
      ['up', 'opened', 'closed', 'down', 'refused', 'up', 'opened'],
    );
    await until(() => w.outlet.connections() === 0);
  });

  test('frees an outlet connection that is idle when its channel goes', async () => {
    const targets: Socket[] = [];
    const w = await createPortalWorld(await serve((socket) => targets.push(socket)));
    await w.client();
    await until(() => w.outlet.connections() === 1);
    for (const channel of w.listener.channels) channel.close();
    await w.clock.advance(10_000);
    await until(() => targets[0]!.closed);
    assert.deepEqual(endReasons(w.farEvents), ['way-lost']);
  });

  test('gives it up when the far node has become silent, not when it is only busy', async () => {
    const w = await createPortalWorld(await serve(echo));
    const client = await w.client();
    const echoAddress = localAddress('echo');
    for (const id of w.far.router.flows.idsOfConsumer(echoAddress)) w.far.router.flows.removeConsumer(echoAddress, id);
    for (let i = 0; i < 10; i++) {
      await w.clock.advance(9_000);
      client.write('x');
      assert.equal((await read(client, 1)).length, 1);
    }
    assert.equal(w.paths.length, 1);
    await w.clock.advance(40_000);
    await until(() => client.closed);
    assert.deepEqual(endReasons(w.nearEvents), ['way-lost']);
  });
});

suite('a slow reader', () => {
  /** How many bytes a writer got rid of before it was held up. */
  const writtenBy = async (socket: Socket): Promise<number> => {
    flood(socket);
    let [before, since] = [-1, 0];
    await until(() => {
      if (socket.bytesWritten - socket.writableLength === before) since++;
      else [before, since] = [socket.bytesWritten - socket.writableLength, 0];
      return since > 300;
    });
    return before;
  };

  test('holds up who writes to it, on either side, with bounded memory', async () => {
    for (const slow of ['client', 'target'] as const) {
      const targets: Socket[] = [];
      const w = await createPortalWorld(await serve((socket) => targets.push(socket)));
      const client = await w.client();
      await until(() => targets.length === 1);
      const [reader, writer] = slow === 'client' ? [client, targets[0]!] : [targets[0]!, client];
      reader.pause();
      const written = await writtenBy(writer);
      // Most of it is in the buffers of the system, of which there are two.
      assert.ok(written < 32 * 1024 * 1024, `${written} bytes were taken`);
      const more = await read(reader, written);
      assert.ok(more.length >= written);
      reader.destroy();
      writer.destroy();
      await until(() => w.inlet.connections() + w.outlet.connections() === 0);
    }
  });

  test('that takes nothing for 20 s is cut off, and does not hold up the others any longer', async () => {
    const targets: Socket[] = [];
    const w = await createPortalWorld(await serve((socket) => targets.push(socket)));
    const client = await w.client();
    await until(() => targets.length === 1);
    client.pause();
    await writtenBy(targets[0]!);
    await w.clock.advance(19_000);
    assert.deepEqual(endReasons(w.nearEvents), []);
    const other = await w.client();
    await w.clock.advance(1_001);
    assert.deepEqual(endReasons(w.nearEvents), ['local-stalled']);
    await until(() => targets.length === 2);
    targets[1]!.write('hello');
    assert.equal(String(await read(other, 5)), 'hello');
    assert.equal(w.paths.length, 1);
    other.destroy();
    client.destroy();
  });

  test('gets the last bytes although the stream has ended long ago', async () => {
    const bytes = randomBytes(8 * 1024 * 1024);
    const w = await createPortalWorld(await serve((socket) => socket.end(bytes)));
    const client = await w.client();
    client.pause();
    let got = Buffer.alloc(0);
    while (got.length < bytes.length) {
      await w.clock.advance(5_000);
      const part = await read(client, 256 * 1024);
      assert.ok(part.length > 0);
      got = Buffer.concat([got, part]);
    }
    assert.equal(digest(got), digest(bytes));
    client.destroy();
    await until(() => w.inlet.connections() === 0);
  });
});

suite('closing', () => {
  test('an inlet leaves standing connections alone, and then its path', async () => {
    const w = await createPortalWorld(await serve(echo));
    const client = await w.client();
    client.write('a');
    await read(client, 1);
    const closing = w.inlet.close();
    await assert.rejects(once(connectSocket(Number(w.inlet.at.split(':')[1]), '127.0.0.1'), 'connect'), {
      code: 'ECONNREFUSED',
    });
    client.write('b');
    assert.equal(String(await read(client, 1)), 'b');
    client.end();
    await closing;
    await w.clock.advance(2_000);
    assert.equal(w.near.router.size, 0);
  });

  test('an outlet leaves standing connections alone; disconnecting ends them', async () => {
    const w = await createPortalWorld(await serve(echo));
    const client = await w.client();
    client.write('a');
    await read(client, 1);
    w.outlet.close();
    client.write('b');
    assert.equal(String(await read(client, 1)), 'b');
    w.outlet.disconnect();
    await read(client);
    assert.deepEqual(endReasons(w.farEvents), ['stopped']);
    assert.deepEqual(endReasons(w.nearEvents), ['peer-end']);
    const late = await w.client();
    await until(() => w.far.refusals.length > 0);
    w.inlet.disconnect();
    await until(() => late.closed);
    client.destroy();
  });

  test('the routers frees everything, whatever goes on', async () => {
    const targets: Socket[] = [];
    const w = await createPortalWorld(await serve((socket) => void targets.push(socket)));
    const clients = [await w.client(), await w.client(), await w.client()];
    await until(() => targets.length === 3);
    for (const socket of [clients[0]!, targets[1]!]) flood(socket);
    targets[1]!.end();
    clients[2]!.end();
    await settle();
    w.near.router.stop();
    w.far.router.stop();
    for (const socket of [...clients, ...targets]) socket.resume();
    await until(() => [...clients, ...targets].every((socket) => socket.closed));
    await until(() => w.clock.pending === 0, 'no timer is left');
    assert.equal(w.near.router.size + w.far.router.size, 0);
    assert.equal(w.inlet.connections() + w.outlet.connections(), 0);
    await assert.rejects(once(connectSocket(Number(w.inlet.at.split(':')[1]), '127.0.0.1'), 'connect'), {
      code: 'ECONNREFUSED',
    });
  });

  test('an outlet gives up what it dials', async () => {
    let signal: AbortSignal | undefined;
    const dial: OutletOptions['dial'] = (given) => {
      signal = given;
      return new Promise(() => undefined);
    };
    const w = await createPortalWorld(0, { outlet: { dial } });
    await w.client();
    await until(() => signal !== undefined);
    w.outlet.close();
    assert.equal(signal?.aborted, true);
    assert.deepEqual(w.farEvents, []);
  });
});

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
