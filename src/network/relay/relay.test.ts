import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createNetworkNode, type NetworkNode } from '../../../test/support/network-node.ts';
import { eventually, VirtualClock } from '../../../test/support/virtual-clock.ts';
import { encodeBareString } from '../../kernel/bare/index.ts';
import { fromUtf8, utf8 } from '../../kernel/index.ts';
import { trustEveryone, trustIdentifier } from '../../trust/credential/index.ts';
import { listenForChannels, openChannel } from '../channel/index.ts';
import {
  ALLOWED,
  addressName,
  allowAll,
  denied,
  localAddress,
  localMessage,
  request,
  startEcho,
  type Verdict,
} from '../routing/index.ts';
import type { Connection } from '../transport/index.ts';
import { MemoryNetwork, MemoryTransport } from '../transport/memory/index.ts';
import {
  keepRelay,
  registerRelay,
  type RelayEvent,
  type RelayService,
  type RelayState,
  relayAddress,
  startRelayService,
} from './index.ts';

interface World {
  readonly clock: VirtualClock;
  readonly relay: NetworkNode;
  readonly service: RelayService;
  readonly events: RelayEvent[];
  readonly dial: (node: NetworkNode) => Promise<Connection>;
  readonly node: () => Promise<NetworkNode>;
}

/** A relay node with `echo`, reached by plain connections. */
async function world(
  mayRegister: (name: string) => Verdict | Promise<Verdict> = () => ALLOWED,
  maxRelays?: number,
): Promise<World> {
  const clock = new VirtualClock();
  const network = new MemoryNetwork({ clock });
  const relay = await createNetworkNode(clock);
  const listener = await new MemoryTransport(relay.router, network).listen('relay');
  const events: RelayEvent[] = [];
  const service = startRelayService(relay.router, {
    mayRegister,
    maxRelays,
    reachableFrom: [listener.flowControlId],
    onEvent: (event) => events.push(event),
  });
  startEcho(relay.router, { incoming: allowAll });
  relay.router.flows.addConsumer(localAddress('echo'), listener.flowControlId);
  return {
    clock,
    relay,
    service,
    events,
    dial: (node) => new MemoryTransport(node.router, network).connect('relay'),
    node: () => createNetworkNode(clock),
  };
}

suite('a relay', () => {
  test('lets a node that dialled out be reached, end to end sealed', async () => {
    const { clock, dial, node, service } = await world();
    const [client, guest] = [await node(), await node()];
    const out = await dial(client);
    const registered = await eventually(clock, registerRelay(client.router, { route: [out.sender], name: 'db' }));
    assert.equal(addressName(registered.address), 'forward_to_db');
    assert.deepEqual(service.names(), ['db']);
    const api = localAddress('api');
    const listener = listenForChannels(client.channels, {
      address: api,
      identity: client.identity.identifier,
      trust: trustEveryone,
    });
    client.router.flows.addConsumer(api, out.flowControlId);
    startEcho(client.router, { incoming: allowAll });
    client.router.flows.addConsumer(localAddress('echo'), listener.flowControlId);

    const way = await dial(guest);
    const opened = openChannel(guest.channels, {
      identity: guest.identity.identifier,
      trust: trustIdentifier(client.identity.identifier),
      route: [way.sender, relayAddress('db'), api],
    });
    const channel = await eventually(clock, opened);
    const asked = request(guest.router, {
      onward: [channel.encryptor, localAddress('echo')],
      payload: utf8('through'),
    });
    assert.equal(fromUtf8((await eventually(clock, asked)).payload), 'through');
  });

  test('whose name is registered again leads to the newest client', async () => {
    const { clock, dial, node, events } = await world();
    const answers = async (text: string): Promise<NetworkNode> => {
      const client = await node();
      const out = await dial(client);
      await eventually(clock, registerRelay(client.router, { route: [out.sender], name: 'svc' }));
      const service = localAddress('who');
      const worker = client.router.register({
        mailbox: { address: service, incoming: allowAll, outgoing: allowAll },
        handle: (message) => worker.mailbox.send(localMessage(message.return, [service], utf8(text))),
      });
      client.router.flows.addConsumer(service, out.flowControlId);
      return client;
    };
    await answers('first');
    await answers('second');
    const guest = await node();
    const way = await dial(guest);
    const asked = request(guest.router, { onward: [way.sender, relayAddress('svc'), localAddress('who')] });
    assert.equal(fromUtf8((await eventually(clock, asked)).payload), 'second');
    assert.deepEqual(
      events.map((event) => event.kind),
      ['registered', 'replaced'],
    );
  });

  test('of no name gets one', async () => {
    const { clock, dial, node } = await world();
    const client = await node();
    const out = await dial(client);
    const registered = await eventually(clock, registerRelay(client.router, { route: [out.sender], name: undefined }));
    assert.match(addressName(registered.address), /^forward_to_[0-9a-f]{32}$/);
  });

  test('that is not allowed, not nameable or one too many is not confirmed', async () => {
    const { clock, dial, node, events } = await world((name) => (name === 'no' ? denied('not granted') : ALLOWED), 1);
    const client = await node();
    const out = await dial(client);
    const attempt = (name: string): Promise<unknown> =>
      eventually(clock, registerRelay(client.router, { route: [out.sender], name, timeoutMs: 50 }));
    await assert.rejects(attempt('no'), { code: 'RELAY_NOT_CONFIRMED' });
    await attempt('one');
    await assert.rejects(attempt('two'), { code: 'RELAY_NOT_CONFIRMED' });
    await assert.rejects(async () => registerRelay(client.router, { route: [out.sender], name: 'a#b' }), {
      code: 'RELAY_INVALID_NAME',
    });
    const raw = client.router.register({
      mailbox: { address: localAddress('raw'), incoming: allowAll, outgoing: allowAll },
      handle: () => undefined,
    });
    const service = [out.sender, localAddress('static_forwarding_service')];
    for (const payload of [encodeBareString('1#x'), encodeBareString(''), Uint8Array.of(200), new Uint8Array(0)]) {
      await raw.mailbox.send(localMessage(service, [localAddress('raw')], payload));
    }
    await clock.advance(5);
    assert.deepEqual(
      events.map((event) => event.kind),
      ['refused', 'registered', 'refused', ...Array(4).fill('refused')],
    );
  });

  test('is not one of too many of one client', async () => {
    const { clock, dial, node, service } = await world(undefined, 4);
    const [greedy, other] = [await node(), await node()];
    const [out, way] = [await dial(greedy), await dial(other)];
    const attempt = ({ router }: NetworkNode, { sender }: Connection, name: string): Promise<unknown> =>
      eventually(clock, registerRelay(router, { route: [sender], name, timeoutMs: 50 }));
    await attempt(greedy, out, 'one');
    await attempt(greedy, out, 'two');
    await assert.rejects(attempt(greedy, out, 'three'), { code: 'RELAY_NOT_CONFIRMED' });
    await attempt(greedy, out, 'two');
    await attempt(other, way, 'three');
    assert.deepEqual(service.names(), ['one', 'two', 'three']);
  });

  test('is not made for a client that has gone, or by a service that has ended, while it was asked who may have it', async () => {
    const asked: ((verdict: Verdict) => void)[] = [];
    const { clock, dial, node, service, relay, events } = await world(
      () => new Promise((resolve) => asked.push(resolve)),
    );
    const [client, other] = [await node(), await node()];
    const out = await dial(client);
    const good = registerRelay(client.router, { route: [out.sender], name: 'db' });
    await clock.advance(5);
    asked.shift()?.(ALLOWED);
    await eventually(clock, good);
    const lost = await dial(other);
    void registerRelay(other.router, { route: [lost.sender], name: 'db', timeoutMs: 50 }).catch(() => undefined);
    await clock.advance(5);
    await lost.close();
    await clock.advance(5);
    asked.shift()?.(ALLOWED);
    await clock.advance(5);
    assert.equal(events.at(-1)?.kind, 'refused', 'the relay that works is not given to it');
    assert.deepEqual(service.names(), ['db']);

    void registerRelay(client.router, { route: [out.sender], name: 'late', timeoutMs: 50 }).catch(() => undefined);
    await clock.advance(5);
    service.stop();
    asked.shift()?.(ALLOWED);
    await clock.advance(5);
    assert.ok(!relay.router.has(relayAddress('late')));
    assert.deepEqual(service.names(), []);
  });

  test('goes when its client is gone', async () => {
    const { clock, dial, node, service, relay } = await world();
    const client = await node();
    const out = await dial(client);
    await eventually(clock, registerRelay(client.router, { route: [out.sender], name: 'gone' }));
    const before = relay.router.size;
    await out.close();
    await clock.advance(5);
    assert.deepEqual(service.names(), []);
    assert.ok(relay.router.size < before);
  });

  test('takes a confirmation that names it without the prefix, and messages with its own address in front', async () => {
    const { clock, node } = await world();
    const client = await node();
    const network = new MemoryNetwork({ clock });
    const other = await node();
    const listener = await new MemoryTransport(other.router, network).listen('other');
    const forward = localAddress('forward_to_db');
    const seen: string[] = [];
    const service = localAddress('static_forwarding_service');
    const worker = other.router.register({
      mailbox: { address: service, incoming: allowAll, outgoing: allowAll },
      handle: (message) => {
        void worker.mailbox.send(localMessage(message.return, [forward], encodeBareString('db')));
        void worker.mailbox.send(localMessage([...message.return, localAddress('inbox')], [forward], utf8('hello')));
      },
    });
    other.router.flows.addConsumer(service, listener.flowControlId);
    const out = await new MemoryTransport(client.router, network).connect('other');
    client.router.register({
      mailbox: { address: localAddress('inbox'), incoming: allowAll, outgoing: allowAll },
      handle: (message) => void seen.push(fromUtf8(message.payload)),
    });
    client.router.flows.addConsumer(localAddress('inbox'), out.flowControlId);
    const registered = await eventually(clock, registerRelay(client.router, { route: [out.sender], name: 'db' }));
    await clock.advance(5);
    assert.equal(addressName(registered.address), 'forward_to_db');
    assert.deepEqual(seen, ['hello']);
  });
});

suite('a relay session', () => {
  test('registers again after its connection was lost, and ends without a trace', async () => {
    const { clock, dial, node, service } = await world();
    const client = await node();
    const states: RelayState[] = [];
    const connections: Connection[] = [];
    const session = keepRelay(client.router, {
      name: 'kept',
      onState: (state) => states.push(state),
      connect: async () => {
        const connection = await dial(client);
        connections.push(connection);
        return { route: [connection.sender], close: () => void connection.close(), closed: connection.closed };
      },
    });
    await clock.advance(100);
    assert.deepEqual(
      states.map((state) => state.up),
      [true],
    );
    await connections[0]!.close();
    await clock.advance(8_000);
    assert.deepEqual(
      states.map((state) => state.up),
      [true, false, true],
    );
    assert.deepEqual(service.names(), ['kept']);
    const closing = session.close();
    await clock.advance(10);
    await closing;
    assert.equal(client.router.size, 0);
  });

  test('gives a path up that has become silent', async () => {
    const { clock, dial, node, relay } = await world();
    const client = await node();
    const states: RelayState[] = [];
    const session = keepRelay(client.router, {
      name: 'kept',
      onState: (state) => states.push(state),
      connect: async () => {
        const connection = await dial(client);
        return { route: [connection.sender], close: () => void connection.close(), closed: connection.closed };
      },
    });
    await clock.advance(100);
    const echo = localAddress('echo');
    for (const id of relay.router.flows.idsOfConsumer(echo)) relay.router.flows.removeConsumer(echo, id);
    await clock.advance(50_000);
    assert.deepEqual(
      states.slice(0, 2).map((state) => state.up),
      [true, false],
    );
    const closing = session.close();
    await clock.advance(10);
    await closing;
  });
});
