import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { after, suite, test } from 'node:test';
import { createNetworkNode } from '../../../test/support/network-node.ts';
import {
  closeEverything,
  clientOf,
  createPortalWorld,
  dialPort,
  endReasons,
  OUTLET,
  read,
  serve,
  track,
  until,
} from '../../../test/support/portal-world.ts';
import { VirtualClock } from '../../../test/support/virtual-clock.ts';
import { openInlet, startOutlet } from './index.ts';

after(closeEverything);

const echo = (socket: Socket): unknown => socket.pipe(socket);

suite('a portal', () => {
  test('carries bytes both ways', async () => {
    const w = await createPortalWorld(await serve(echo));
    const client = await w.client();
    client.write('hello');
    assert.equal(String(await read(client, 5)), 'hello');
    client.write(' again');
    assert.equal(String(await read(client, 6)), ' again');
    assert.equal(w.inlet.connections(), 1);
    assert.equal(w.outlet.connections(), 1);
    const [up, opened] = w.nearEvents;
    assert.equal(up?.kind, 'up');
    assert.ok(opened?.kind === 'opened');
    assert.equal(opened.peer, w.far.identity.identifier);
    const [there] = w.farEvents;
    assert.ok(there?.kind === 'opened');
    assert.equal(there.peer, w.near.identity.identifier);
    client.end();
    await until(() => w.inlet.connections() + w.outlet.connections() === 0);
    assert.deepEqual(endReasons(w.nearEvents), ['local-end']);
    assert.deepEqual(endReasons(w.farEvents), ['peer-end']);
    const [, , closed] = w.nearEvents;
    assert.ok(closed?.kind === 'closed');
    assert.deepEqual([closed.sentBytes, closed.receivedBytes], [11, 11]);
  });

  test('lets a server speak first, and end first', async () => {
    const w = await createPortalWorld(
      await serve((socket) => {
        socket.end('welcome and goodbye');
      }),
    );
    const client = await w.client();
    assert.equal(String(await read(client)), 'welcome and goodbye');
    client.end();
    await until(() => w.inlet.connections() + w.outlet.connections() === 0);
    assert.deepEqual(endReasons(w.nearEvents), ['peer-end']);
    assert.deepEqual(endReasons(w.farEvents), ['local-end']);
  });

  test('carries 100 connections at a time, each with its own bytes', async () => {
    const w = await createPortalWorld(await serve(echo));
    const clients = await Promise.all(Array.from({ length: 100 }, () => w.client()));
    await Promise.all(
      clients.map(async (client, i) => {
        const text = `connection ${i} `.repeat(1000);
        client.write(text);
        assert.equal(String(await read(client, text.length)), text);
      }),
    );
    assert.equal(w.inlet.connections(), 100);
    for (const client of clients) client.end();
    await until(() => w.inlet.connections() + w.outlet.connections() === 0);
    assert.deepEqual(w.near.errors.concat(w.far.errors), []);
  });

  test('carries much both ways at the same time, byte for byte', async () => {
    const [up, down] = [randomBytes(8 * 1024 * 1024 + 7), randomBytes(8 * 1024 * 1024 + 11)];
    const arrived = Promise.withResolvers<Uint8Array>();
    const w = await createPortalWorld(
      await serve((socket) => {
        socket.write(down);
        void read(socket, up.length).then(arrived.resolve);
      }),
    );
    const client = await w.client();
    client.write(up);
    const [there, here] = await Promise.all([arrived.promise, read(client, down.length)]);
    assert.equal(digest(there), digest(up));
    assert.equal(digest(here), digest(down));
    client.destroy();
    await until(() => w.outlet.connections() === 0);
  });

  test('ends for good at one end of stream, as stock nodes do', async () => {
    const port = await serve((socket) => {
      socket.on('end', () => socket.end('the answer to all of it'));
      socket.resume();
    }, true);
    const w = await createPortalWorld(port);
    const client = await w.client();
    client.end('all of it');
    assert.equal(String(await read(client)), '');
    await until(() => w.inlet.connections() + w.outlet.connections() === 0);
    assert.deepEqual(endReasons(w.nearEvents), ['local-end']);
  });

  test('carries a break of either socket to the other', async () => {
    const targets: Socket[] = [];
    const w = await createPortalWorld(
      await serve((socket) => {
        targets.push(socket);
        socket.resume();
      }),
    );
    const first = await w.client();
    await until(() => targets.length === 1);
    first.resetAndDestroy();
    await once(targets[0]!, 'close');
    const second = await w.client();
    await until(() => targets.length === 2);
    second.resume();
    targets[1]!.resetAndDestroy();
    await once(second, 'end');
    second.destroy();
    await until(() => w.inlet.connections() + w.outlet.connections() === 0);
    assert.deepEqual(endReasons(w.nearEvents), ['local-error', 'peer-end']);
    assert.deepEqual(endReasons(w.farEvents), ['peer-end', 'local-error']);
  });

  test('works inside one node', async () => {
    const clock = new VirtualClock();
    const node = await createNetworkNode(clock);
    track(node.router);
    const port = await serve(echo);
    const common = { incoming: 'anyone', outgoing: 'anyone', onEvent: () => undefined } as const;
    startOutlet(node.router, { ...common, dial: dialPort(port), reachableFrom: [] });
    const closed = new Promise(() => undefined);
    const inlet = await openInlet(node.router, {
      ...common,
      listen: '127.0.0.1:0',
      outlet: OUTLET,
      connect: async () => ({ route: [], close: () => undefined, closed }),
    });
    await until(() => inlet.isUp());
    const client = await clientOf(inlet);
    client.write('hello');
    assert.equal(String(await read(client, 5)), 'hello');
    node.router.stop();
    await until(() => client.closed);
  });
});

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
