import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createNetworkNode, type NetworkNode } from '../../../test/support/network-node.ts';
import { eventually, settle, VirtualClock } from '../../../test/support/virtual-clock.ts';
import { fromUtf8, utf8 } from '../../kernel/index.ts';
import {
  attributesOf,
  attributeTexts,
  type CredentialAndPurposeKey,
  issueCredential,
  trustEveryone,
  trustIdentifier,
} from '../../trust/credential/index.ts';
import type { Vault } from '../../trust/vault/index.ts';
import {
  allowAll,
  type LocalMessage,
  localAddress,
  localMessage,
  type Refusal,
  type Route,
  request,
  startEcho,
  startHop,
} from '../routing/index.ts';
import { MemoryNetwork, MemoryTransport } from '../transport/memory/index.ts';
import type { Connection } from '../transport/index.ts';
import {
  type ChannelListener,
  type ChannelListenerOptions,
  listenForChannels,
  openChannel,
  type OpenChannelOptions,
} from './index.ts';

const API = localAddress('api');

interface Pair {
  readonly clock: VirtualClock;
  readonly a: NetworkNode;
  readonly b: NetworkNode;
  readonly connection: Connection;
  /** Another connection of A to B. */
  readonly reconnect: () => Promise<Connection>;
  readonly listener: ChannelListener;
  /** A's route to B's listener. */
  readonly route: Route;
}

/** Two nodes and a connection that A opened; B listens at `api` and its echo is open to accepted channels. */
async function connect(options: Partial<ChannelListenerOptions> = {}): Promise<Pair> {
  const clock = new VirtualClock();
  const network = new MemoryNetwork({ clock });
  const a = await createNetworkNode(clock);
  const b = await createNetworkNode(clock);
  const tcp = await new MemoryTransport(b.router, network).listen('b');
  const listener = listenForChannels(b.channels, {
    address: API,
    identity: b.identity.identifier,
    trust: trustEveryone,
    ...options,
  });
  b.router.flows.addConsumer(API, tcp.flowControlId);
  startEcho(b.router, { incoming: allowAll });
  b.router.flows.addConsumer(localAddress('echo'), listener.flowControlId);
  const transport = new MemoryTransport(a.router, network);
  const connection = await transport.connect('b');
  return {
    clock,
    a,
    b,
    connection,
    reconnect: () => transport.connect('b'),
    listener,
    route: [connection.sender, API],
  };
}

function dial({ a, route }: Pair, options: Partial<OpenChannelOptions> = {}): ReturnType<typeof openChannel> {
  return openChannel(a.channels, { identity: a.identity.identifier, trust: trustEveryone, route, ...options });
}

async function echo(pair: Pair, via: Route, text: string): Promise<LocalMessage> {
  const asked = request(pair.a.router, { onward: [...via, localAddress('echo')], payload: utf8(text) });
  return eventually(pair.clock, asked);
}

suite('a channel', () => {
  test('proves both ends, carries messages both ways and knows its own kind', async () => {
    const pair = await connect();
    const channel = await eventually(pair.clock, dial(pair));
    assert.equal(channel.peer, pair.b.identity.identifier);
    assert.deepEqual(channel.peerKind, { kind: 'perigee', version: 1 });
    const answer = await echo(pair, [channel.encryptor], 'over the channel');
    assert.equal(fromUtf8(answer.payload), 'over the channel');
    assert.equal(answer.localInfo?.peerIdentifier, pair.b.identity.identifier);
    const [accepted] = pair.listener.channels;
    assert.ok(accepted);
    assert.equal(accepted.peer, pair.a.identity.identifier);
    assert.deepEqual(accepted.peerKind, { kind: 'perigee', version: 1 });
    assert.deepEqual(accepted.handshakeHash, channel.handshakeHash);
  });

  test('towards a peer that was not told, both look like stock nodes', async () => {
    const pair = await connect();
    const channel = await eventually(pair.clock, dial(pair, { announce: false }));
    assert.deepEqual(channel.peerKind, { kind: 'ockam' });
    assert.deepEqual([...pair.listener.channels][0]?.peerKind, { kind: 'ockam' });
  });

  test('carries thousands of messages through many changes of key', async () => {
    const pair = await connect();
    const channel = await eventually(pair.clock, dial(pair));
    const got: string[] = [];
    const inbox = localAddress('inbox');
    pair.b.router.register({
      mailbox: { address: inbox, incoming: allowAll, outgoing: allowAll },
      handle: (message) => void got.push(fromUtf8(message.payload)),
    });
    pair.b.router.flows.addConsumer(inbox, pair.listener.flowControlId);
    const source = pair.a.router.register({
      mailbox: { address: localAddress('source'), incoming: allowAll, outgoing: allowAll },
      handle: () => undefined,
    });
    for (let i = 0; i < 3000; i++) {
      const sent = source.mailbox.send(localMessage([channel.encryptor, inbox], [], utf8(String(i))));
      if (sent instanceof Promise) await eventually(pair.clock, sent);
    }
    await pair.clock.advance(10);
    assert.deepEqual(
      got,
      Array.from({ length: 3000 }, (_, i) => String(i)),
    );
  });

  test('refuses what would not fit a frame once it is sealed, and goes on', async () => {
    const pair = await connect();
    const channel = await eventually(pair.clock, dial(pair));
    const source = pair.a.router.register({
      mailbox: { address: localAddress('source'), incoming: allowAll, outgoing: allowAll },
      handle: () => undefined,
    });
    const onward = [channel.encryptor, localAddress('echo')];
    const sent = source.mailbox.send(localMessage(onward, [], new Uint8Array(16 * 1024 * 1024)));
    assert.equal((sent as Refusal).reason, 'incoming-denied');
    assert.equal(fromUtf8((await echo(pair, [channel.encryptor], 'still here')).payload), 'still here');
  });

  test('goes through another channel and a hop', async () => {
    const pair = await connect();
    startHop(pair.b.router, { incoming: allowAll });
    pair.b.router.flows.addConsumer(localAddress('hop'), pair.listener.flowControlId);
    pair.b.router.flows.addConsumer(API, pair.listener.flowControlId);
    const outer = await eventually(pair.clock, dial(pair));
    const route = [outer.encryptor, localAddress('hop'), API];
    const inner = await eventually(pair.clock, dial(pair, { route }));
    const answer = await echo(pair, [inner.encryptor], 'twice sealed');
    assert.equal(fromUtf8(answer.payload), 'twice sealed');
  });

  test('reaches only consumers of the listener', async () => {
    const pair = await connect();
    const channel = await eventually(pair.clock, dial(pair));
    pair.b.router.register({
      mailbox: { address: localAddress('private'), incoming: allowAll, outgoing: allowAll },
      handle: () => assert.fail('this must not be reached'),
    });
    const asked = request(pair.a.router, { onward: [channel.encryptor, localAddress('private')], timeoutMs: 100 });
    await assert.rejects(eventually(pair.clock, asked), { code: 'ROUTING_REQUEST_TIMED_OUT' });
    assert.match(pair.b.refusals.join('\n'), /not a consumer/);
  });

  test('ends at both ends when one closes, and frees every address', async () => {
    const pair = await connect();
    const before = [pair.a.router.size, pair.b.router.size];
    const channel = await eventually(pair.clock, dial(pair));
    channel.close();
    await pair.clock.advance(10);
    assert.deepEqual([pair.a.router.size, pair.b.router.size], before);
    assert.equal(pair.listener.channels.length, 0);
    assert.deepEqual(pair.a.events.at(-1)?.kind, 'closed');
    assert.deepEqual(pair.b.events.at(-1)?.kind, 'closed');
  });

  test('whose connection is lost ends when its peer does not come back', async () => {
    const pair = await connect();
    await eventually(pair.clock, dial(pair));
    await pair.clock.advance(5);
    await pair.connection.close();
    await pair.clock.advance(60_000);
    assert.equal(pair.listener.channels.length, 1, 'the peer may still come by another connection');
    await pair.clock.advance(60_000);
    assert.equal(pair.listener.channels.length, 0);
  });

  test('ends with its node', async () => {
    const pair = await connect();
    const channel = await eventually(pair.clock, dial(pair));
    pair.a.router.stop();
    await channel.closed;
    assert.equal(pair.a.router.size, 0);
    assert.equal(pair.clock.pending >= 0, true);
  });
});

suite('a handshake', () => {
  test('is refused in silence by whom the peer does not trust', async () => {
    const nobody = (await createNetworkNode(new VirtualClock())).identity.identifier;
    const pair = await connect({ trust: trustIdentifier(nobody) });
    const channel = await eventually(pair.clock, dial(pair));
    await pair.clock.advance(10);
    assert.equal(pair.listener.channels.length, 0, 'the initiator cannot know, the responder has no channel');
    const refused = pair.b.events.find((event) => event.kind === 'handshake-refused');
    assert.match(refused?.kind === 'handshake-refused' ? refused.reason : '', /trust policy/);
    const asked = request(pair.a.router, { onward: [channel.encryptor, localAddress('echo')], timeoutMs: 100 });
    await assert.rejects(eventually(pair.clock, asked), { code: 'ROUTING_REQUEST_TIMED_OUT' });
  });

  test('with the wrong node fails at once here', async () => {
    const nobody = (await createNetworkNode(new VirtualClock())).identity.identifier;
    const pair = await connect();
    await assert.rejects(eventually(pair.clock, dial(pair, { trust: trustIdentifier(nobody) })), {
      code: 'CHANNEL_PEER_REFUSED',
    });
    assert.equal(pair.listener.channels.length, 0);
    await pair.clock.advance(30_000);
    assert.equal(pair.b.events.at(-1)?.kind, 'handshake-timed-out', 'the responder gives up too');
  });

  test('without an answer times out and leaves nothing', async () => {
    const pair = await connect();
    const before = pair.a.router.size;
    pair.b.router.flows.removeConsumer(API, pair.b.router.flows.idsOfConsumer(API)[0]!);
    const dialled = dial(pair, { timeoutMs: 5000 });
    dialled.catch(() => undefined);
    await pair.clock.advance(5001);
    await assert.rejects(dialled, { code: 'CHANNEL_TIMED_OUT' });
    assert.equal(pair.a.router.size, before);
  });

  test('is given up when its signal is aborted', async () => {
    const pair = await connect();
    const controller = new AbortController();
    const dialled = dial(pair, { signal: controller.signal });
    controller.abort(new Error('changed my mind'));
    await assert.rejects(eventually(pair.clock, dialled), /changed my mind/);
  });

  test('survives messages that are not authentic', async () => {
    const pair = await connect();
    const dialled = dial(pair);
    await settle();
    const end = pair.a.events.length;
    const decryptors = pair.a.router.size;
    assert.ok(decryptors > 0);
    const channel = await eventually(pair.clock, dialled);
    const junk = pair.a.router.register({
      mailbox: { address: localAddress('junk'), incoming: allowAll, outgoing: allowAll },
      handle: () => undefined,
    });
    for (const payload of [new Uint8Array(0), new Uint8Array(7), new Uint8Array(24), new Uint8Array(1000).fill(7)]) {
      await junk.mailbox.send(localMessage([channel.decryptor], [], payload));
    }
    assert.equal(pair.a.events.slice(end).filter((event) => event.kind === 'message-refused').length, 4);
    assert.equal(fromUtf8((await echo(pair, [channel.encryptor], 'still here')).payload), 'still here');
  });

  test('of a flood displaces the oldest ones of its own connection', async () => {
    const pair = await connect();
    const flood = pair.a.router.register({
      mailbox: { address: localAddress('flood'), incoming: allowAll, outgoing: allowAll },
      handle: () => undefined,
    });
    for (let i = 0; i < 200; i++) {
      const message = new Uint8Array(32).fill(i + 9);
      await flood.mailbox.send(localMessage(pair.route, [localAddress('flood')], message));
      await settle();
    }
    await pair.clock.advance(5);
    const displaced = pair.b.events.filter((event) => event.kind === 'handshake-displaced').length;
    assert.ok(displaced >= 100, `${displaced} handshakes made room`);
    const channel = await eventually(pair.clock, dial(pair));
    assert.equal(fromUtf8((await echo(pair, [channel.encryptor], 'in spite of it')).payload), 'in spite of it');
    await pair.clock.advance(31_000);
    assert.equal(pair.b.events.filter((event) => event.kind === 'handshake-timed-out').length > 0, true);
  });

  test('of one connection cannot take all the room for channels', async () => {
    const pair = await connect({ maxChannels: 4 });
    for (let i = 0; i < 2; i++) await eventually(pair.clock, dial(pair));
    const refused = dial(pair, { timeoutMs: 1000 });
    refused.catch(() => undefined);
    await pair.clock.advance(1001);
    await assert.rejects(refused, { code: 'CHANNEL_TIMED_OUT' });
    const other = await pair.reconnect();
    const channel = await eventually(pair.clock, dial(pair, { route: [other.sender, API] }));
    assert.equal(pair.listener.channels.length, 3);
    // What ends makes room again.
    const [first] = pair.listener.channels;
    first?.close();
    await pair.clock.advance(10);
    await eventually(pair.clock, dial(pair));
    channel.close();
  });

  test('of a flood leaves no ephemeral keys in the vault, also when it made room before it had begun', async () => {
    const pair = await connect();
    const keys = watchEphemeralKeys(pair.b);
    const flood = pair.b.router.register({
      mailbox: { address: localAddress('flood'), incoming: allowAll, outgoing: allowAll },
      handle: () => undefined,
    });
    // All in one turn, as many short frames of one read are.
    for (let i = 0; i < 200; i++) {
      void flood.mailbox.send(localMessage([API], [localAddress('flood')], new Uint8Array(32).fill(i + 9)));
    }
    await settle();
    await pair.clock.advance(31_000);
    await settle();
    assert.ok(keys.made() >= 64, `${keys.made()} were made`);
    assert.equal(keys.left(), 0);
  });

  test('that is aborted before it has begun leaves no ephemeral key in the vault', async () => {
    const pair = await connect();
    const keys = watchEphemeralKeys(pair.a);
    const controller = new AbortController();
    const dialled = dial(pair, { signal: controller.signal });
    controller.abort(new Error('changed my mind'));
    await assert.rejects(eventually(pair.clock, dialled), /changed my mind/);
    await settle();
    assert.equal(keys.left(), 0);
  });
});

/** Counts the ephemeral keys that are made in the vault of `node` and still there. */
function watchEphemeralKeys({ channels: { vault } }: NetworkNode): { made: () => number; left: () => number } {
  const left = new Set<string>();
  let made = 0;
  const [generate, remove] = [vault.generateKey.bind(vault), vault.deleteKey.bind(vault)];
  const watched: Pick<Vault, 'generateKey' | 'deleteKey'> = {
    generateKey: async (algorithm, lifetime) => {
      const key = await generate(algorithm, lifetime);
      if (lifetime === 'ephemeral') {
        made++;
        left.add(key.handle);
      }
      return key;
    },
    deleteKey: (handle) => {
      left.delete(handle);
      return remove(handle);
    },
  };
  Object.assign(vault, watched);
  return { made: () => made, left: () => left.size };
}

suite('credentials', () => {
  const present = (credential: CredentialAndPurposeKey | undefined) => {
    let tell: (credential: CredentialAndPurposeKey) => void = () => assert.fail('nobody listens');
    return {
      current: () => Promise.resolve(credential),
      onChange: (listener: typeof tell) => {
        tell = listener;
        return () => undefined;
      },
      renew: (renewed: CredentialAndPurposeKey) => tell(renewed),
    };
  };

  async function withAuthority() {
    const clock = new VirtualClock();
    const authority = await createNetworkNode(clock);
    const pair = await connect({ authority: authority.identity.identifier });
    await pair.b.identities.receive(authority.identity.history);
    await authority.identities.receive(pair.a.identity.history);
    const { identities } = authority;
    const { purposeKeys } = authority.channels;
    const issuer = { issuer: authority.identity.identifier, identities, purposeKeys };
    const issue = (attributes: Record<string, string>): Promise<CredentialAndPurposeKey> =>
      issueCredential({ subject: pair.a.identity.identifier, attributes: attributesOf(attributes) }, issuer);
    const known = async (): Promise<unknown> => {
      const now = Math.floor(pair.clock.nowMs() / 1000);
      const entry = await pair.b.attributes.get(pair.a.identity.identifier, authority.identity.identifier, now);
      return entry && attributeTexts(entry.attributes);
    };
    return { pair, issue, known };
  }

  test('that are presented give the peer its attributes', async () => {
    const { pair, issue, known } = await withAuthority();
    await eventually(pair.clock, dial(pair, { credential: present(await issue({ role: 'sat' })) }));
    await pair.clock.advance(5);
    assert.deepEqual(await known(), new Map([['role', 'sat']]));
  });

  test('of somebody else are refused, and the channel stands', async () => {
    const { pair, known } = await withAuthority();
    const stranger = await withAuthority();
    await eventually(pair.clock, dial(pair, { credential: present(await stranger.issue({ role: 'sat' })) }));
    await pair.clock.advance(5);
    assert.equal(await known(), undefined);
    assert.ok(pair.b.events.some((event) => event.kind === 'credential-refused'));
    assert.equal(pair.listener.channels.length, 1);
  });

  test('that change are told to the peer', async () => {
    const { pair, issue, known } = await withAuthority();
    const source = present(await issue({ role: 'old' }));
    await eventually(pair.clock, dial(pair, { credential: source }));
    await pair.clock.advance(5);
    source.renew(await issue({ role: 'new' }));
    await pair.clock.advance(5);
    assert.deepEqual(await known(), new Map([['role', 'new']]));
    assert.ok(pair.b.events.some((event) => event.kind === 'refreshed'));
  });

  test('that cannot be had stop the handshake before anything is shown', async () => {
    const { pair } = await withAuthority();
    const broken = {
      current: () => Promise.reject(new Error('authority unreachable')),
      onChange: () => () => undefined,
    };
    await assert.rejects(eventually(pair.clock, dial(pair, { credential: broken })), { code: 'CHANNEL_NO_CREDENTIAL' });
  });
});
