import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createNetworkNode, type NetworkNode } from '../../../test/support/network-node.ts';
import { settle, VirtualClock } from '../../../test/support/virtual-clock.ts';
import { fromUtf8, nowSeconds, utf8 } from '../../kernel/index.ts';
import { type ChannelListener, type CredentialSource, listenForChannels } from '../../network/channel/index.ts';
import { ALLOWED, allowAll, localAddress, localMessage, type Route } from '../../network/routing/index.ts';
import { registerRelay, relayAddress, startRelayService } from '../../network/relay/index.ts';
import { MemoryNetwork, MemoryTransport } from '../../network/transport/memory/index.ts';
import { attributesOf, issueCredential, trustEveryone } from '../../trust/credential/index.ts';
import { acceptLinks, dialLink, type Link, type LinkAcceptor } from './index.ts';

const API = localAddress('api');

/** An end of a link and what came of it. */
interface Heard {
  readonly link: Link;
  readonly messages: string[];
  readonly closed: string[];
}

function open(link: Link): Heard {
  const heard: Heard = { link, messages: [], closed: [] };
  link.open({
    onMessage: (message) => heard.messages.push(fromUtf8(message)),
    onClose: (reason) => heard.closed.push(reason),
  });
  return heard;
}

class World {
  readonly clock = new VirtualClock();
  readonly network = new MemoryNetwork({ clock: this.clock });
  readonly accepted: Heard[] = [];
  gateway!: NetworkNode;
  sat!: NetworkNode;
  authority!: NetworkNode;
  listener!: ChannelListener;
  acceptor!: LinkAcceptor;
  route!: Route;

  static async create(): Promise<World> {
    const world = new World();
    for (const name of ['gateway', 'sat', 'authority'] as const) world[name] = await createNetworkNode(world.clock);
    const { gateway, sat, authority } = world;
    for (const node of [gateway, sat]) {
      await node.identities.receive(authority.identity.history);
      await authority.identities.receive(node.identity.history);
    }
    const tcp = await new MemoryTransport(gateway.router, world.network).listen('gateway');
    world.listener = listenForChannels(gateway.channels, {
      address: API,
      identity: gateway.identity.identifier,
      trust: trustEveryone,
      authority: authority.identity.identifier,
      credential: await world.credential(gateway, { 'perigee-gateway': 'main' }),
    });
    gateway.router.flows.addConsumer(API, tcp.flowControlId);
    world.acceptor = acceptLinks({
      router: gateway.router,
      listener: world.listener,
      attributes: gateway.attributes,
      authority: authority.identity.identifier,
      clock: world.clock,
      onLink: (link) => world.accepted.push(open(link)),
    });
    world.route = [(await new MemoryTransport(sat.router, world.network).connect('gateway')).sender, API];
    return world;
  }

  async credential(node: NetworkNode, attributes: Record<string, string>): Promise<CredentialSource> {
    const { identities, channels, identity } = this.authority;
    const issuer = { issuer: identity.identifier, identities, purposeKeys: channels.purposeKeys };
    const subject = node.identity.identifier;
    const issued = await issueCredential({ subject, attributes: attributesOf(attributes) }, issuer);
    return { current: () => Promise.resolve(issued), onChange: () => () => undefined };
  }

  async dial(route: Route = this.route): Promise<Heard> {
    const { sat, authority, clock } = this;
    const dialled = dialLink({
      context: sat.channels,
      attributes: sat.attributes,
      authority: authority.identity.identifier,
      clock,
      channel: {
        identity: sat.identity.identifier,
        trust: trustEveryone,
        authority: authority.identity.identifier,
        credential: await this.credential(sat, { 'perigee-sat': 'main' }),
        route,
      },
    });
    return open(await this.eventually(dialled));
  }

  async eventually<T>(promise: Promise<T>): Promise<T> {
    const open = Symbol('open');
    for (let i = 0; i < 500; i++) {
      if ((await Promise.race([promise, Promise.resolve(open)])) !== open) return promise;
      await this.clock.advance(1);
    }
    return assert.fail('it never settles');
  }
}

suite('a link over a secure channel', () => {
  test('carries messages both ways, in parts and in order', async () => {
    const world = await World.create();
    const sat = await world.dial();
    assert.equal(world.accepted.length, 0, 'a channel alone is no link');
    void sat.link.send([utf8('off'), utf8('er')]);
    await world.clock.advance(5);
    const [gateway] = world.accepted;
    assert.deepEqual(gateway?.messages, ['offer']);
    for (let i = 0; i < 500; i++) void gateway?.link.send([utf8(`message ${i}`)]);
    await world.clock.advance(5);
    assert.deepEqual(
      sat.messages,
      Array.from({ length: 500 }, (_, i) => `message ${i}`),
    );
  });

  test('knows who the peer is and what is attested about it', async () => {
    const world = await World.create();
    const sat = await world.dial();
    void sat.link.send([utf8('hi')]);
    await world.clock.advance(5);
    const gateway = world.accepted[0]?.link.peer;
    assert.equal(gateway?.identifier, world.sat.identity.identifier);
    assert.equal(sat.link.peer.identifier, world.gateway.identity.identifier);
    const attested = await gateway?.attributes();
    assert.deepEqual(attested?.values, new Map([['perigee-sat', 'main']]));
    assert.ok((attested?.expiresAtSeconds ?? 0) > nowSeconds(world.clock));
    assert.deepEqual((await sat.link.peer.attributes())?.values, new Map([['perigee-gateway', 'main']]));
  });

  test('delivers what was sent before it was closed, then tells both ends', async () => {
    const world = await World.create();
    const before = [world.sat.router.size, world.gateway.router.size];
    const sat = await world.dial();
    void sat.link.send([utf8('hi')]);
    await world.clock.advance(5);
    const [gateway] = world.accepted;
    void gateway?.link.send([utf8('bye')]);
    gateway?.link.close();
    await world.clock.advance(5);
    assert.deepEqual(sat.messages, ['bye']);
    assert.deepEqual(sat.closed, ['the secure channel was closed']);
    assert.deepEqual(gateway?.closed, [], 'who closes is not told');
    assert.deepEqual([world.sat.router.size, world.gateway.router.size], before, 'nothing is left');
    assert.equal(sat.link.send([utf8('x')]), undefined);
  });

  test('says goodbye also from inside a handler', async () => {
    const world = await World.create();
    const sat = await world.dial();
    const accepted = world.accepted;
    void sat.link.send([utf8('hi')]);
    await world.clock.advance(5);
    const gateway = accepted[0]?.link;
    gateway?.open({
      onMessage: () => {
        void gateway.send([utf8('bye')]);
        gateway.close();
      },
      onClose: () => undefined,
    });
    void sat.link.send([utf8('once more')]);
    await world.clock.advance(5);
    assert.deepEqual(sat.messages, ['bye']);
    assert.equal(sat.closed.length, 1);
  });

  test('tells the reason also when it was over before it was opened', async () => {
    const world = await World.create();
    const sat = await world.dial();
    world.sat.router.stop();
    await settle();
    const again = open(sat.link);
    await settle();
    assert.deepEqual(again.closed, ['the secure channel was closed']);
  });

  test('cannot be entered by another channel, nor without one', async () => {
    const world = await World.create();
    const honest = await world.dial();
    void honest.link.send([utf8('mine')]);
    await world.clock.advance(5);
    const encryptor = [...world.listener.channels][0]?.encryptor;
    assert.ok(encryptor);
    const forger = world.sat.router.register({
      mailbox: { address: localAddress('forger'), incoming: allowAll, outgoing: allowAll },
      handle: () => undefined,
    });
    world.gateway.router.flows.addConsumer(
      localAddress('constellation'),
      world.gateway.router.flows.idsOfConsumer(API)[0]!,
    );
    const onward = [world.route[0]!, localAddress('constellation')];
    await forger.mailbox.send(localMessage(onward, [encryptor], utf8('not mine')));
    const other = await world.dial();
    void other.link.send([utf8('of another')]);
    await world.clock.advance(5);
    assert.deepEqual(
      world.accepted.map(({ messages }) => messages),
      [['mine'], ['of another']],
    );
    assert.match(world.gateway.refusals.join('\n'), /no secure channel/);
  });

  test('goes through a relay', async () => {
    const world = await World.create();
    const relay = await createNetworkNode(world.clock);
    const tcp = await new MemoryTransport(relay.router, world.network).listen('relay');
    startRelayService(relay.router, {
      mayRegister: () => ALLOWED,
      reachableFrom: [tcp.flowControlId],
      onEvent: () => undefined,
    });
    const up = await new MemoryTransport(world.gateway.router, world.network).connect('relay');
    await world.eventually(registerRelay(world.gateway.router, { route: [up.sender], name: 'main' }));
    world.gateway.router.flows.admitReplies(API, up.sender);
    const down = await new MemoryTransport(world.sat.router, world.network).connect('relay');
    const sat = await world.dial([down.sender, relayAddress('main'), API]);
    void sat.link.send([utf8('from afar')]);
    await world.clock.advance(5);
    void world.accepted[0]?.link.send([utf8('welcome')]);
    await world.clock.advance(5);
    assert.deepEqual(world.accepted[0]?.messages, ['from afar']);
    assert.deepEqual(sat.messages, ['welcome']);
  });

  test('ends with the acceptor', async () => {
    const world = await World.create();
    const sat = await world.dial();
    void sat.link.send([utf8('hi')]);
    await world.clock.advance(5);
    world.acceptor.close();
    await world.clock.advance(5);
    assert.equal(sat.closed.length, 1);
  });
});
