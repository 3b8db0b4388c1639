import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { closeEverything, dialPort, serve, track } from '../../../test/support/portal-world.ts';
import { eventually, VirtualClock } from '../../../test/support/virtual-clock.ts';
import { allowAll, localAddress, localMessage, Router, type Worker } from '../routing/index.ts';
import { type PortalEvent, startOutlet } from './index.ts';
import { PING } from './portal-message.ts';

after(closeEverything);

test('one peer takes no more than its share of an outlet, by however many channels it comes', async () => {
  const port = await serve(() => undefined);
  const clock = new VirtualClock();
  const router = new Router({ clock, random: (length) => crypto.getRandomValues(new Uint8Array(length)) });
  track(router);
  const events: PortalEvent[] = [];
  const OUTLET = localAddress('outlet');
  const outlet = startOutlet(router, {
    dial: dialPort(port),
    incoming: 'anyone',
    outgoing: 'anyone',
    reachableFrom: [],
    maxConnections: 4,
    onEvent: (event) => events.push(event),
  });
  const start = (name: string): Worker =>
    router.register({
      mailbox: { address: localAddress(name), incoming: allowAll, outgoing: allowAll },
      handle: () => undefined,
    });
  start('back');
  const ping = async (channel: Worker, peerIdentifier: string): Promise<PortalEvent['kind']> => {
    const seen = events.length;
    void channel.mailbox.send(localMessage([OUTLET], [localAddress('back')], PING, { peerIdentifier }));
    const decided = async (): Promise<PortalEvent['kind']> => {
      while (events[seen] === undefined) await new Promise((resolve) => setImmediate(resolve));
      return events[seen].kind;
    };
    return eventually(clock, decided());
  };
  const channels = ['one', 'two', 'three'].map(start) as [Worker, Worker, Worker];
  assert.equal(await ping(channels[0], 'greedy'), 'opened');
  assert.equal(await ping(channels[1], 'greedy'), 'opened');
  assert.equal(await ping(channels[2], 'greedy'), 'refused');
  assert.equal(await ping(channels[2], 'modest'), 'opened');
  assert.equal(outlet.connections(), 3);
});
