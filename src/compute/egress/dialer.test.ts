import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { hasCode } from '../../kernel/index.ts';
import { directDialer } from './dialer.ts';
import { createGate } from './gate.ts';
import { type NetworkRule, STRICT_RULE } from './rules.ts';
import { CERTIFICATE, scriptedResolver, serve } from '../../../test/support/egress-world.ts';

const LOOPBACK: NetworkRule = { ...STRICT_RULE, allowIPs: true, allowHTTP: true, allowedNetworks: ['127.0.0.1'] };
const { signal } = new AbortController();

const refused =
  (detail: RegExp) =>
  (error: unknown): boolean =>
    hasCode(error, 'EGRESS_REFUSED') && detail.test((error as { detail?: string }).detail ?? '');

test('connects to the checked address and asks for the name once', async () => {
  await using server = await serve((_request, response) => response.end());
  const { resolver, asked } = scriptedResolver({ 'a.example': [{ addresses: ['127.0.0.1'] }] });
  const socket = await directDialer({ resolver }).dial('a.example', server.port, {
    signal,
    tls: false,
    gate: createGate([LOOPBACK]),
  });
  assert.equal(socket.remoteAddress, '127.0.0.1');
  assert.deepEqual(asked, ['a.example']);
  socket.destroy();
});

test('one closed address among open ones refuses the whole answer, at any place', async () => {
  await using server = await serve((_request, response) => response.end());
  for (const addresses of [
    ['127.0.0.1', '127.0.0.2'],
    ['10.0.0.1', '127.0.0.1'],
    ['127.0.0.1', '::1'],
    ['127.0.0.1', '::ffff:169.254.169.254'],
  ]) {
    const { resolver } = scriptedResolver({ 'mixed.example': [{ addresses }] });
    const dial = directDialer({ resolver }).dial('mixed.example', server.port, {
      signal,
      tls: false,
      gate: createGate([LOOPBACK]),
    });
    await assert.rejects(dial, refused(/address/));
  }
  assert.equal(server.connections, 0);
});

test('answers the strict parser does not know are refused', async () => {
  for (const address of ['fe80::1%lo', '127.1', '0x7f.0.0.1', '', 'localhost']) {
    const { resolver } = scriptedResolver({ 'odd.example': [{ addresses: [address] }] });
    const dial = directDialer({ resolver }).dial('odd.example', 80, {
      signal,
      tls: false,
      gate: createGate([LOOPBACK]),
    });
    await assert.rejects(dial, refused(/odd address/));
  }
});

test('a blocked alias refuses the connection', async () => {
  await using server = await serve((_request, response) => response.end());
  const answer = { addresses: ['127.0.0.1'], aliases: ['cdn.example', 'x.evil.example'] };
  const { resolver } = scriptedResolver({ 'friendly.example': [answer] });
  const dialer = directDialer({ resolver });
  const blocked = createGate([{ ...LOOPBACK, blockedDomains: ['*.evil.example'] }]);
  assert.equal(blocked.wantsAliases, true);
  await assert.rejects(
    dialer.dial('friendly.example', server.port, { signal, tls: false, gate: blocked }),
    refused(/x\.evil\.example/),
  );
  assert.equal(server.connections, 0);
});

test('literal addresses are judged and never resolved; what is neither address nor name is not dialled', async () => {
  await using server = await serve((_request, response) => response.end());
  const { resolver, asked } = scriptedResolver({});
  const dialer = directDialer({ resolver });
  const gate = createGate([LOOPBACK]);
  (await dialer.dial('127.0.0.1', server.port, { signal, tls: false, gate })).destroy();
  await assert.rejects(dialer.dial('127.0.0.2', server.port, { signal, tls: false, gate }), refused(/127\.0\.0\.2/));
  for (const host of ['127.1', '2130706433', '0x7f000001', '::1%lo', '', 'a..b']) {
    await assert.rejects(dialer.dial(host, server.port, { signal, tls: false, gate }), (error) =>
      hasCode(error, 'EGRESS_RESOLVE_FAILED'),
    );
  }
  assert.deepEqual(asked, []);
});

test('no address, a refused connection and an abort are coded failures', async () => {
  const gate = createGate([LOOPBACK]);
  const { resolver } = scriptedResolver({
    'empty.example': [{ addresses: [] }],
    'a.example': [{ addresses: ['127.0.0.1'] }],
  });
  const dialer = directDialer({ resolver });
  await assert.rejects(dialer.dial('empty.example', 80, { signal, tls: false, gate }), (error) =>
    hasCode(error, 'EGRESS_RESOLVE_FAILED'),
  );
  const closed = createServer().listen(0, '127.0.0.1');
  await once(closed, 'listening');
  const { port } = closed.address() as { port: number };
  closed.close();
  await once(closed, 'close');
  await assert.rejects(dialer.dial('a.example', port, { signal, tls: false, gate }), (error) =>
    hasCode(error, 'EGRESS_CONNECT_FAILED'),
  );
  const aborted = AbortSignal.abort(new Error('enough'));
  await assert.rejects(dialer.dial('a.example', port, { signal: aborted, tls: false, gate }), /enough/);
});

test('an abort while TLS waits ends the connection', async () => {
  const accepted = Promise.withResolvers<Socket>();
  const silent = createServer((socket) => accepted.resolve(socket)).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as { port: number };
  const control = new AbortController();
  const { resolver } = scriptedResolver({ 'secure.example': [{ addresses: ['127.0.0.1'] }] });
  const dial = directDialer({ resolver }).dial('secure.example', port, {
    signal: control.signal,
    tls: true,
    gate: createGate([LOOPBACK]),
  });
  const socket = await accepted.promise;
  socket.resume();
  const ended = once(socket, 'close');
  control.abort(new Error('too slow'));
  await assert.rejects(dial, /too slow/);
  await ended;
  silent.close();
});

test('TLS is checked against the name of the URL, not the address', async () => {
  await using server = await serve((_request, response) => response.end(), true);
  const answer = [{ addresses: ['127.0.0.1'] }];
  const { resolver } = scriptedResolver({ 'secure.example': answer, 'other.example': answer });
  const gate = createGate([LOOPBACK]);
  const dialer = directDialer({ resolver, ca: [CERTIFICATE] });
  (await dialer.dial('secure.example', server.port, { signal, tls: true, gate })).destroy();
  (await dialer.dial('127.0.0.1', server.port, { signal, tls: true, gate })).destroy();
  const connectFailed = (error: unknown): boolean => hasCode(error, 'EGRESS_CONNECT_FAILED');
  await assert.rejects(dialer.dial('other.example', server.port, { signal, tls: true, gate }), connectFailed);
  const untrusting = directDialer({ resolver });
  const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
  try {
    for (const value of ['1', '0']) {
      process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = value;
      await assert.rejects(
        untrusting.dial('secure.example', server.port, { signal, tls: true, gate }),
        connectFailed,
        `also with ${value} in the environment`,
      );
    }
  } finally {
    if (before === undefined) Reflect.deleteProperty(process.env, 'NODE_TLS_REJECT_UNAUTHORIZED');
    else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before;
  }
});
