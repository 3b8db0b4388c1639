import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { decodeBareString, encodeBareString } from '../../src/kernel/bare/index.ts';
import {
  type ChannelListener,
  listenForChannels,
  openChannel,
  type SecureChannel,
} from '../../src/network/channel/index.ts';
import { registerRelay } from '../../src/network/relay/index.ts';
import {
  type Address,
  allowAll,
  localAddress,
  request,
  startEcho,
  startUppercase,
} from '../../src/network/routing/index.ts';
import type { Connection } from '../../src/network/transport/index.ts';
import { TcpTransport } from '../../src/network/transport/tcp/index.ts';
import { systemClock } from '../../src/node/index.ts';
import { trustEveryone, trustIdentifier } from '../../src/trust/credential/index.ts';
import { changeHistoryFromHex, parseIdentifier, verifyHistory } from '../../src/trust/identity/index.ts';
import { createNetworkNode, type NetworkNode } from '../support/network-node.ts';
import { Ockam, whyNoOckam } from '../support/ockam.ts';

const API = localAddress('api');
const [ECHO, UPPERCASE] = [localAddress('echo'), localAddress('uppercase')];

suite('a stock ockam 0.139 node', { skip: whyNoOckam() ?? false, timeout: 120_000 }, () => {
  let ockam: Ockam;
  let node: NetworkNode;
  let transport: TcpTransport;
  /** Our connection to the stock node. */
  let connection: Connection;
  let listener: ChannelListener;
  /** Where we listen, as the text of a route. */
  let here: string;

  before(async () => {
    ockam = new Ockam();
    node = await createNetworkNode(systemClock);
    transport = new TcpTransport(node.router);
    connection = await transport.connect(await ockam.createNode('n1'));
    const tcp = await transport.listen('127.0.0.1:0');
    here = `/ip4/127.0.0.1/tcp/${tcp.at.split(':')[1]}`;
    const { identifier: identity } = node.identity;
    listener = listenForChannels(node.channels, { address: API, identity, trust: trustEveryone });
    startEcho(node.router, { incoming: allowAll });
    startUppercase(node.router, { incoming: allowAll });
    for (const id of [tcp.flowControlId, connection.flowControlId]) node.router.flows.addConsumer(API, id);
    for (const service of [ECHO, UPPERCASE]) {
      for (const id of [tcp.flowControlId, listener.flowControlId]) node.router.flows.addConsumer(service, id);
    }
  });

  after(async () => {
    node.router.stop();
    await transport.stop();
    await ockam[Symbol.asyncDispose]();
  });

  const dial = async (announce: boolean): Promise<SecureChannel> => {
    const identifier = parseIdentifier(await ockam.run('identity', 'show'));
    const trust = trustIdentifier(identifier);
    const route = [connection.sender, API];
    return openChannel(node.channels, { identity: node.identity.identifier, trust, route, announce });
  };
  const ask = async (service: Address[], text: string): Promise<string> => {
    const answer = await request(node.router, { onward: service, payload: encodeBareString(text) });
    return decodeBareString(answer.payload);
  };

  test('answers over plain TCP', async () => {
    assert.equal(await ask([connection.sender, UPPERCASE], 'hello'), 'HELLO');
  });

  for (const announce of [true, false]) {
    test(`accepts our channel ${announce ? 'although' : 'and'} we announce ${announce ? 'ourselves' : 'nothing'}`, async () => {
      const channel = await dial(announce);
      assert.deepEqual(channel.peerKind, { kind: 'ockam' });
      assert.equal(await ask([channel.encryptor, ECHO], 'there and back'), 'there and back');
      for (let i = 0; i < 200; i++) {
        assert.equal(await ask([channel.encryptor, UPPERCASE], `message ${i}`), `MESSAGE ${i}`);
      }
      channel.close();
    });
  }

  test('opens a channel to us and uses echo and uppercase', async () => {
    assert.equal(await ockam.run('message', 'send', 'plain', '--to', `${here}/service/uppercase`), 'PLAIN');
    const sealed = `${here}/secure/api/service`;
    assert.equal(await ockam.run('message', 'send', 'in capitals', '--to', `${sealed}/uppercase`), 'IN CAPITALS');
    assert.equal(await ockam.run('message', 'send', 'as it is', '--to', `${sealed}/echo`), 'as it is');
    assert.deepEqual(node.errors, []);
  });

  test('lets us register a relay, and reaches us through it, end to end sealed', async () => {
    const relay = await registerRelay(node.router, { route: [connection.sender], name: 'perigee' });
    const route = '/service/forward_to_perigee/secure/api/service/uppercase';
    const answer = await ockam.run('message', 'send', 'by relay', '--from', 'n1', '--to', route);
    assert.equal(answer, 'BY RELAY');
    relay.close();
  });

  test('has an identity that our rules verify', async () => {
    const hex = await ockam.run('identity', 'show', '--full', '--encoding', 'hex');
    const { identifier } = verifyHistory(changeHistoryFromHex(hex));
    assert.equal(identifier, await ockam.run('identity', 'show'));
  });
});
