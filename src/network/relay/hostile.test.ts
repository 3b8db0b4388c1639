import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createNetworkNode, type NetworkNode } from '../../../test/support/network-node.ts';
import { eventually, VirtualClock } from '../../../test/support/virtual-clock.ts';
import { fromUtf8, utf8 } from '../../kernel/index.ts';
import {
  type Address,
  ALLOWED,
  allowAll,
  encodeTransportMessage,
  localAddress,
  localMessage,
  MAX_ROUTE_BYTES,
  MAX_ROUTE_HOPS,
  request,
  type Route,
  startEcho,
  type Worker,
} from '../routing/index.ts';
import { type Connection, MAX_MESSAGE_BYTES } from '../transport/index.ts';
import { MemoryNetwork, MemoryTransport } from '../transport/memory/index.ts';
import { registerRelay, relayAddress, startRelayService } from './index.ts';

interface World {
  readonly clock: VirtualClock;
  readonly client: NetworkNode;
  /** The client's connection to the relay node. */
  readonly out: Connection;
  readonly guest: NetworkNode;
  /** A stranger, and its connection to the relay node. */
  readonly stranger: Worker;
  readonly way: Connection;
  readonly askEcho: () => Promise<string>;
}

/** A client with `echo` behind the relay `c`, a guest of it, and a stranger. */
async function world(): Promise<World> {
  const clock = new VirtualClock();
  const network = new MemoryNetwork({ clock });
  const [relay, client, guest, other] = [
    await createNetworkNode(clock),
    await createNetworkNode(clock),
    await createNetworkNode(clock),
    await createNetworkNode(clock),
  ];
  const listener = await new MemoryTransport(relay.router, network).listen('relay');
  startRelayService(relay.router, {
    mayRegister: () => ALLOWED,
    reachableFrom: [listener.flowControlId],
    onEvent: () => undefined,
  });
  const dial = (node: NetworkNode): Promise<Connection> => new MemoryTransport(node.router, network).connect('relay');
  const out = await dial(client);
  await eventually(clock, registerRelay(client.router, { route: [out.sender], name: 'c' }));
  startEcho(client.router, { incoming: allowAll });
  client.router.flows.addConsumer(ECHO, out.flowControlId);
  const [guestWay, way] = [await dial(guest), await dial(other)];
  const stranger = other.router.register({
    mailbox: { address: localAddress('stranger'), incoming: allowAll, outgoing: allowAll },
    handle: () => undefined,
  });
  const askEcho = async (): Promise<string> => {
    const onward = [guestWay.sender, relayAddress('c'), ECHO];
    const asked = request(guest.router, { onward, payload: utf8('well?') });
    return fromUtf8((await eventually(clock, asked)).payload);
  };
  return { clock, client, out, guest, stranger, way, askEcho };
}

const ECHO = localAddress('echo');

/** The largest payload for these routes that a connection takes. */
function largest(onward: Route, back: Route): Uint8Array {
  const most = new Uint8Array(MAX_MESSAGE_BYTES);
  const excess = encodeTransportMessage({ onward, return: back, payload: most }).length - MAX_MESSAGE_BYTES;
  return new Uint8Array(MAX_MESSAGE_BYTES - excess);
}

test('a relay node that confirms with an address nobody could show is not believed', async () => {
  for (const said of ['forward_to_db\u001b[2J', 'forward_to_a b', '', 'x'.repeat(300)]) {
    const clock = new VirtualClock();
    const network = new MemoryNetwork({ clock });
    const [liar, client] = [await createNetworkNode(clock), await createNetworkNode(clock)];
    const listener = await new MemoryTransport(liar.router, network).listen('liar');
    const service = localAddress('static_forwarding_service');
    const worker = liar.router.register({
      mailbox: { address: service, incoming: allowAll, outgoing: allowAll },
      handle: (message) => worker.mailbox.send(localMessage(message.return, [localAddress(said)], message.payload)),
    });
    liar.router.flows.addConsumer(service, listener.flowControlId);
    const out = await new MemoryTransport(client.router, network).connect('liar');
    const registered = registerRelay(client.router, { route: [out.sender], name: 'db', timeoutMs: 50 });
    await assert.rejects(eventually(clock, registered), { code: 'RELAY_NOT_CONFIRMED' });
    assert.ok(!String(client.errors).includes('\u001b'));
    assert.equal(client.errors.length, 1);
  }
});

suite('a stranger at a relay does not end the connection of its client', () => {
  const far: Address = localAddress('x');
  for (const [what, back] of [
    ['with a way back of as many hops as there may be', Array.from({ length: MAX_ROUTE_HOPS }, () => far)],
    [
      'with a way back of as many bytes as there may be',
      Array.from({ length: MAX_ROUTE_BYTES / 1024 }, () => localAddress('y'.repeat(1024))),
    ],
  ] as const) {
    test(what, async () => {
      const { clock, client, out, stranger, way, askEcho } = await world();
      void stranger.mailbox.send(localMessage([way.sender, relayAddress('c'), ECHO], back, utf8('x')));
      await clock.advance(5);
      assert.ok(client.router.has(out.sender));
      assert.equal(await askEcho(), 'well?');
    });
  }

  test('with a message as long as there may be', async () => {
    const { clock, client, out, stranger, way, askEcho } = await world();
    const [onward, back] = [[relayAddress('c'), ECHO], [far]];
    void stranger.mailbox.send(localMessage([way.sender, ...onward], back, largest(onward, back)));
    await clock.advance(5);
    assert.ok(client.router.has(out.sender));
    assert.equal(await askEcho(), 'well?');
  });
});
