import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { after, suite, test } from 'node:test';
import { createNetworkNode } from '../../../test/support/network-node.ts';
import {
  API,
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
import { settle, VirtualClock } from '../../../test/support/virtual-clock.ts';
import { trustEveryone } from '../../trust/credential/index.ts';
import { openChannel } from '../channel/index.ts';
import {
  ALLOWED,
  allowAll,
  denied,
  localAddress,
  localMessage,
  type PeerDecision,
  type Verdict,
} from '../routing/index.ts';
import { openInlet, type PortalEvent, startOutlet } from './index.ts';

after(closeEverything);

const echo = (socket: Socket): unknown => socket.pipe(socket);

suite('a portal refuses', () => {
  const noBytes = async (client: Socket): Promise<void> => {
    client.write('is anybody there?');
    assert.equal((await read(client)).length, 0);
  };

  test('when the target does, and cuts the client off at once', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    const w = await createPortalWorld(port);
    await noBytes(await w.client());
    assert.deepEqual(endReasons(w.nearEvents), ['peer-end']);
    const [refused] = w.farEvents;
    assert.ok(refused?.kind === 'refused');
    assert.match(refused.reason, /ECONNREFUSED/);
    assert.equal(refused.peer, w.near.identity.identifier);
  });

  test('when the target does not answer in time, and throws away what it yields later', async () => {
    const late = Promise.withResolvers<Socket>();
    const w = await createPortalWorld(0, { outlet: { dial: () => late.promise } });
    const client = await w.client();
    await until(() => w.inlet.connections() === 1 && w.far.router.counters.accepted > 0);
    await until(() => w.clock.pending >= 3);
    await w.clock.advance(10_000);
    await noBytes(client);
    const [refused] = w.farEvents;
    assert.ok(refused?.kind === 'refused');
    assert.match(refused.reason, /within 10000 ms/);
    const port = await serve(echo);
    const socket = await dialPort(port)(new AbortController().signal);
    late.resolve(socket);
    await once(socket, 'close');
  });

  test('when nobody answers the Ping, and takes a late answer back', async () => {
    const dialled = Promise.withResolvers<Socket>();
    const w = await createPortalWorld(0, { outlet: { dial: () => dialled.promise, dialTimeoutMs: 100_000 } });
    const client = await w.client();
    await until(() => w.inlet.connections() === 1);
    await w.clock.advance(30_000);
    await noBytes(client);
    assert.deepEqual(endReasons(w.nearEvents), ['unanswered']);
    const targets: Socket[] = [];
    dialled.resolve(await dialPort(await serve((socket) => targets.push(socket)))(new AbortController().signal));
    await until(() => w.farEvents.length === 2);
    assert.deepEqual(
      w.farEvents.map((event) => event.kind),
      ['opened', 'closed'],
    );
    assert.deepEqual(endReasons(w.farEvents), ['peer-end']);
  });

  for (const side of ['inlet', 'outlet'] as const) {
    for (const direction of ['incoming', 'outgoing'] as const) {
      test(`what the ${direction} decision of the ${side} denies`, async () => {
        const asked: string[] = [];
        const decide: PeerDecision = (peer) => {
          asked.push(peer);
          return denied('not one of us');
        };
        const w = await createPortalWorld(await serve(echo), { [side]: { [direction]: decide } });
        const client = await w.client();
        await until(() => asked.length > 0);
        if (side === 'inlet') await noBytes(client);
        await settle();
        const peer = side === 'inlet' ? w.far.identity.identifier : w.near.identity.identifier;
        assert.ok(asked.every((one) => one === peer));
        const node = side === 'inlet' ? w.near : w.far;
        assert.ok(node.refusals.some((line) => line.includes('not one of us')));
        assert.deepEqual(endReasons(w.nearEvents), side === 'inlet' ? ['denied'] : []);
        // Nothing tells the other side.
        assert.equal(w.inlet.connections(), side === 'inlet' ? 0 : 1);
        assert.equal(endReasons(w.farEvents).filter((reason) => reason !== 'denied').length, 0);
        client.destroy();
      });

      test(`in the middle of a stream what the ${direction} decision of the ${side} denies from then on`, async () => {
        let verdict: Verdict | Promise<Verdict> = ALLOWED;
        const w = await createPortalWorld(await serve(echo), { [side]: { [direction]: () => verdict } });
        const client = await w.client();
        client.write('before');
        assert.equal(String(await read(client, 6)), 'before');
        verdict = direction === 'incoming' ? denied('expired') : Promise.resolve(denied('expired'));
        await w.clock.advance(1_001);
        client.write('after');
        const [here, there] = side === 'inlet' ? [w.nearEvents, w.farEvents] : [w.farEvents, w.nearEvents];
        await until(() => endReasons(here).length > 0);
        assert.deepEqual(endReasons(here), ['denied']);
        // Whoever may still be told is told.
        if (direction === 'incoming') await until(() => endReasons(there).length > 0);
        await settle();
        assert.deepEqual(endReasons(there), direction === 'incoming' ? ['peer-end'] : []);
        client.destroy();
        await until(() => w.inlet.connections() === 0);
        w.far.router.stop();
      });
    }
  }

  test('what comes through no secure channel, when it decides about peers', async () => {
    const clock = new VirtualClock();
    const node = await createNetworkNode(clock);
    track(node.router);
    const events: PortalEvent[] = [];
    const allowed = { incoming: () => ALLOWED, outgoing: () => ALLOWED };
    const onEvent = (event: PortalEvent): void => void events.push(event);
    startOutlet(node.router, { ...allowed, dial: dialPort(0), reachableFrom: [], onEvent });
    const closed = new Promise(() => undefined);
    const inlet = await openInlet(node.router, {
      ...allowed,
      listen: '127.0.0.1:0',
      outlet: OUTLET,
      connect: async () => ({ route: [], close: () => undefined, closed }),
      onEvent,
    });
    await until(() => inlet.isUp());
    const client = await clientOf(inlet);
    await read(client);
    assert.deepEqual(endReasons(events), ['denied']);
    node.router.stop();
  });

  test('messages of its connections that come by another channel', async () => {
    const w = await createPortalWorld(await serve(echo));
    const client = await w.client();
    client.write('a');
    await read(client, 1);
    const [opened] = w.farEvents;
    assert.ok(opened?.kind === 'opened');
    const other = await openChannel(w.near.channels, {
      identity: w.near.identity.identifier,
      trust: trustEveryone,
      route: [w.paths[0]!.connection.sender, API],
    });
    const app = w.near.router.register({
      mailbox: { address: localAddress('app'), incoming: allowAll, outgoing: allowAll },
      handle: () => undefined,
    });
    await app.mailbox.send(
      localMessage([other.encryptor, localAddress(opened.connection)], [localAddress('app')], Uint8Array.of(2)),
    );
    await until(() => w.far.refusals.some((line) => line.includes('not a consumer')));
    client.write('b');
    assert.equal(String(await read(client, 1)), 'b');
    client.destroy();
  });

  test('to be reached from where it was not opened to', async () => {
    const w = await createPortalWorld(await serve(echo), { outlet: { reachableFrom: [] } });
    const client = await w.client();
    await until(() => w.far.refusals.some((line) => line.includes('not a consumer')));
    assert.deepEqual(w.farEvents, []);
    client.destroy();
  });

  test('more connections than it has places for', async () => {
    const port = await serve(echo);
    const w = await createPortalWorld(port, { outlet: { maxConnections: 4 } });
    const clients = [await w.client(), await w.client()];
    await until(() => w.outlet.connections() === 2);
    await noBytes(await w.client());
    const refused = w.farEvents.find((event) => event.kind === 'refused');
    assert.equal(refused?.reason, 'too many connections stand');
    for (const client of clients) client.destroy();

    const small = await createPortalWorld(port, { inlet: { maxConnections: 1 } });
    const client = await small.client();
    await until(() => small.outlet.connections() === 1);
    await noBytes(await small.client());
    assert.equal(small.nearEvents.at(-1)?.kind, 'refused');
    client.destroy();
    await until(() => small.outlet.connections() === 0);
  });

  test('to listen where it cannot', async () => {
    const { near } = await createPortalWorld(await serve(echo));
    const options = {
      outlet: OUTLET,
      connect: () => Promise.reject(new Error('unused')),
      incoming: 'anyone',
      outgoing: 'anyone',
      onEvent: () => undefined,
    } as const;
    const port = await serve(echo);
    await assert.rejects(openInlet(near.router, { ...options, listen: `127.0.0.1:${port}` }), {
      code: 'PORTAL_LISTEN_FAILED',
    });
    await assert.rejects(openInlet(near.router, { ...options, listen: 'nowhere' }), { code: 'PORTAL_INVALID_ADDRESS' });
    near.router.stop();
    await assert.rejects(openInlet(near.router, { ...options, listen: '127.0.0.1:0' }), { code: 'ROUTING_STOPPED' });
  });
});
