import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, suite, test } from 'node:test';
import { utf8 } from '../../kernel/index.ts';
import { startRelayService } from '../../network/relay/index.ts';
import { ALLOWED, allowAll, localAddress, request, startEcho } from '../../network/routing/index.ts';
import { insideOf } from './inside.ts';
import { type EmbeddedNode, openNode } from './index.ts';

const LISTEN = '127.0.0.1:0';
const shown = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** A service of this machine that says who it is and ends. */
async function service(text: string): Promise<{ readonly at: string } & Disposable> {
  const server = createServer((socket) => socket.end(text)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { at: `127.0.0.1:${(server.address() as AddressInfo).port}`, [Symbol.dispose]: () => void server.close() };
}

/** What a connection to `at` says until its end. */
async function said(at: string): Promise<string> {
  const [host = '', port = ''] = at.split(':');
  const socket = connect({ host, port: Number(port) });
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  // Cut off is an end like another here.
  socket.on('error', () => undefined);
  await new Promise((resolve) => socket.on('close', resolve));
  return text;
}

suite('a node in a program', () => {
  test('answers those who are allowed, and knows who they are', async () => {
    await using server = await openNode({ listen: LISTEN });
    await using client = await openNode();
    await using stranger = await openNode();
    server.serve('who', [client.identifier], async (payload, peer) => utf8(`${shown(payload)} ${peer}`));
    using channel = await client.channel(server.address, { peer: server.identifier });
    assert.equal(channel.peer, server.identifier);
    assert.equal(shown(await channel.request('who', utf8('I am'))), `I am ${client.identifier}`);
    using other = await stranger.channel(server.address, { peer: server.identifier });
    await assert.rejects(other.request('who', utf8(''), { timeoutMs: 100 }), { code: 'ROUTING_REQUEST_TIMED_OUT' });
  });

  test('lets nobody reach a service without a channel, nor the caller of a channel', async () => {
    await using server = await openNode({ listen: LISTEN });
    await using client = await openNode();
    let asked = 0;
    const count = (): undefined => void asked++;
    server.serve('open', 'anyone', count);
    client.serve('mine', 'anyone', count);
    using channel = await client.channel(server.address, { peer: 'anyone' });
    await assert.rejects(channel.request('mine', utf8(''), { timeoutMs: 100 }));
    const { core } = await insideOf({}, new AsyncDisposableStack());
    const connection = await core.transport.connect(server.address.replace(/^.*ip4\/(.*)\/tcp\/(\d+).*$/, '$1:$2'));
    const onward = [connection.sender, localAddress('open')];
    await assert.rejects(request(core.router, { onward, timeoutMs: 100 }), { code: 'ROUTING_REQUEST_TIMED_OUT' });
    await core.stop();
    assert.equal(asked, 0);
  });

  test('opens no channel to another than was named', async () => {
    await using server = await openNode({ listen: LISTEN });
    await using other = await openNode();
    await using client = await openNode();
    await assert.rejects(client.channel(server.address, { peer: other.identifier, timeoutMs: 5000 }), {
      code: 'CHANNEL_PEER_REFUSED',
    });
    await assert.rejects(client.channel(server.address, { peer: [] }), { code: 'CHANNEL_PEER_REFUSED' });
  });

  test('a service that fails, or answers nothing, is silent and goes on', async () => {
    await using server = await openNode({ listen: LISTEN });
    await using client = await openNode();
    server.serve('odd', 'anyone', (payload) => {
      if (payload.length === 0) throw new Error('nothing to do');
      return payload.length === 1 ? undefined : payload;
    });
    using channel = await client.channel(server.address, { peer: server.identifier });
    for (const length of [0, 1]) {
      await assert.rejects(channel.request('odd', new Uint8Array(length), { timeoutMs: 100 }));
    }
    assert.equal((await channel.request('odd', new Uint8Array(2))).length, 2);
  });

  test('a slow answer does not hold up the others', async () => {
    await using server = await openNode({ listen: LISTEN });
    await using client = await openNode();
    const { promise, resolve } = Promise.withResolvers<Uint8Array>();
    server.serve('slow', 'anyone', (payload) => (payload.length === 0 ? promise : payload));
    using channel = await client.channel(server.address, { peer: server.identifier });
    const first = channel.request('slow', new Uint8Array());
    assert.equal((await channel.request('slow', utf8('quick'))).length, 5);
    resolve(utf8('at last'));
    assert.equal(shown(await first), 'at last');
  });

  test('a portal leads to the service for whom the outlet allows', async () => {
    using target = await service('from the private side');
    await using far = await openNode({ listen: LISTEN });
    await using near = await openNode();
    await using stranger = await openNode();
    const outlet = far.outlet('db', { to: target.at, allow: [near.identifier] });
    const way = { listen: LISTEN, to: `${far.address}/service/db`, peer: far.identifier };
    const inlet = await near.inlet(way);
    assert.equal(inlet.isUp(), true);
    assert.equal(await said(inlet.at), 'from the private side');
    const refused = await stranger.inlet(way);
    const silence = said(refused.at);
    await stranger.close();
    assert.equal(await silence, '');
    outlet.close();
    const after = said(inlet.at);
    await near.close();
    assert.equal(await after, '');
  });

  test('is reached by a relay without listening', async () => {
    const { core } = await insideOf({}, new AsyncDisposableStack());
    const entrance = await core.transport.listen(LISTEN);
    startRelayService(core.router, {
      mayRegister: () => ALLOWED,
      reachableFrom: [entrance.flowControlId],
      onEvent: () => undefined,
    });
    const echo = startEcho(core.router, { incoming: allowAll });
    core.router.flows.addConsumer(echo.mailbox.address, entrance.flowControlId);
    await using hidden = await openNode();
    await using client = await openNode();
    assert.throws(() => hidden.address, { code: 'NODE_ROUTE' });
    const at = `/ip4/${entrance.at.replace(':', '/tcp/')}`;
    const relay = await hidden.relay('hidden', { at, peer: 'anyone' });
    assert.equal(relay.isUp(), true);
    hidden.serve('here', [client.identifier], () => utf8('found'));
    using channel = await client.channel(relay.address, { peer: hidden.identifier });
    assert.equal(shown(await channel.request('here', utf8(''))), 'found');
    await relay.close();
    assert.equal(relay.isUp(), false);
    await core.stop();
  });

  test('a relay or an inlet that cannot be had is told as down, and the node closes all the same', async () => {
    await using node = await openNode();
    const nowhere = '/ip4/127.0.0.1/tcp/1';
    const relay = await node.relay('r', { at: nowhere, peer: 'anyone', timeoutMs: 20 });
    const to = `${nowhere}/secure/api/service/x`;
    const inlet = await node.inlet({ listen: LISTEN, to, peer: 'anyone', timeoutMs: 20 });
    assert.deepEqual([relay.isUp(), inlet.isUp()], [false, false]);
    await node.close();
    await node.close();
    await assert.rejects(once(connect(Number(inlet.at.split(':')[1]), '127.0.0.1'), 'connect'), {
      code: 'ECONNREFUSED',
    });
  });

  test('what is no route, identifier, policy or option is refused with its code', async () => {
    await using node = await openNode();
    const peer = node.identifier;
    await assert.rejects(node.channel('/ip4/127.0.0.1/tcp/1', { peer }), { code: 'NODE_ROUTE' });
    await assert.rejects(node.channel('what', { peer }), { code: 'ROUTING_INVALID_MULTI_ADDR' });
    await assert.rejects(node.inlet({ listen: LISTEN, to: '/ip4/127.0.0.1/tcp/1/service/x', peer }), {
      code: 'NODE_ROUTE',
    });
    await assert.rejects(node.inlet({ listen: LISTEN, to: '/secure/api/service/x', peer: 'nobody' }), {
      code: 'IDENTITY_INVALID_IDENTIFIER',
    });
    await assert.rejects(node.relay('r', { at: '', peer }), { code: 'NODE_ROUTE' });
    assert.throws(() => node.serve('x', ['nobody'], () => undefined), { code: 'IDENTITY_INVALID_IDENTIFIER' });
    assert.throws(() => node.serve('x', { policy: '(' }, () => undefined), { name: 'PolicyError' });
    assert.throws(() => node.outlet('x', { to: 'nothing', allow: 'anyone' }), {
      code: 'ROUTING_INVALID_HOSTNAME_PORT',
    });
    await assert.rejects(openNode({ identity: 'alice' }), { code: 'NODE_INPUT' });
    await assert.rejects(openNode({ authority: 'zz' }), { name: 'IdentityError' });
    await assert.rejects(openNode({ listen: 'nowhere' }));
  });
});

suite('credentials of a node in a program', () => {
  test('open what a policy asks for, and nothing else', async () => {
    await using authority = await openNode();
    await using server = await openNode({ listen: LISTEN, authority: authority.history });
    const readers = await openNode();
    await using closing = new AsyncDisposableStack();
    closing.use(readers);
    const writer = closing.use(await openNode());
    server.serve('report', { policy: '(= subject.role "reader")' }, () => utf8('for readers'));
    const ask = async (node: EmbeddedNode): Promise<string> => {
      using channel = await node.channel(server.address, { peer: server.identifier });
      return shown(await channel.request('report', utf8(''), { timeoutMs: 500 }));
    };
    const issue = (node: EmbeddedNode, role: string): Promise<string> =>
      authority.issueCredential({ subject: node.identifier, attributes: { role }, ttlSeconds: 60 });
    await assert.rejects(ask(readers), { code: 'ROUTING_REQUEST_TIMED_OUT' });
    readers.presentCredential(await issue(readers, 'reader'));
    writer.presentCredential(await issue(writer, 'writer'));
    assert.equal(await ask(readers), 'for readers');
    await assert.rejects(ask(writer), { code: 'ROUTING_REQUEST_TIMED_OUT' });
  });

  test('are verified against one issuer', async () => {
    await using authority = await openNode();
    await using other = await openNode();
    const credential = await authority.issueCredential({
      subject: other.identifier,
      attributes: { role: 'reader' },
      ttlSeconds: 60,
    });
    const stated = await other.verifyCredential(credential, authority.history);
    assert.equal(stated.subject, other.identifier);
    assert.equal(stated.issuer, authority.identifier);
    assert.deepEqual([...stated.attributes], [['role', 'reader']]);
    assert.ok(stated.expiresAt.getTime() <= Date.now() + 60_000);
    await assert.rejects(other.verifyCredential(credential, other.history), { code: 'CREDENTIAL_UNKNOWN_AUTHORITY' });
    for (const position of [10, credential.length / 2, credential.length - 2]) {
      const flipped = credential[position] === '0' ? '1' : '0';
      const changed = credential.slice(0, position) + flipped + credential.slice(position + 1);
      await assert.rejects(other.verifyCredential(changed, authority.history), {
        name: /^(Credential|Identity)Error$/,
      });
    }
    assert.throws(() => other.presentCredential('00'), { code: 'CREDENTIAL_DECODE_FAILED' });
  });
});

suite('a node in a program with a home', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'perigee-embedded-'));
  after(() => rmSync(directory, { recursive: true }));

  test('keeps its identity, and leaves nothing open', async () => {
    const home = path.join(directory, 'kept');
    const opened = async (identity?: string): Promise<string> => {
      await using node = await openNode({ home, identity });
      return node.identifier;
    };
    const first = await opened();
    assert.equal(await opened(), first);
    const alice = await opened('alice');
    assert.notEqual(alice, first);
    assert.equal(await opened('alice'), alice);
    // A write-ahead log goes with the last connection.
    assert.deepEqual(readdirSync(home), ['database.sqlite3']);
  });

  test('has its keys sealed when it is given what unlocks them', async () => {
    const home = path.join(directory, 'sealed');
    const secretKey = { kind: 'passphrase', passphrase: 'correct horse' } as const;
    await using server = await openNode({ home, secretKey, listen: LISTEN });
    const { identifier } = server;
    await server.close();
    await using again = await openNode({ home, secretKey, listen: LISTEN });
    assert.equal(again.identifier, identifier);
    await using client = await openNode();
    using channel = await client.channel(again.address, { peer: identifier });
    assert.equal(channel.peer, identifier);
    const wrong = { kind: 'passphrase', passphrase: 'battery staple' } as const;
    for (const [key, code] of [
      [undefined, 'STORAGE_KEY_MISSING'],
      [wrong, 'STORAGE_WRONG_KEY'],
    ] as const) {
      await assert.rejects(openNode({ home, secretKey: key }), { code });
    }
  });

  test('that names a project which is not there says so', async () => {
    await assert.rejects(openNode({ home: path.join(directory, 'none'), project: 'far' }), { code: 'NODE_UNKNOWN' });
  });
});
