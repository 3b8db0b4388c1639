import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { after, before, suite, test } from 'node:test';
import { createPlace, PERIGEE } from './world.ts';

suite('channels, connections and messages', () => {
  const place = createPlace();
  after(() => place.close());
  before(async () => {
    for (const name of ['n1', 'n2', 'n3']) await place.ok('node', 'create', name);
  });
  const portOf = async (name: string): Promise<string> => {
    const { transports } = await place.json<{ transports: readonly { socket_addr: string }[] }>('node', 'show', name);
    return transports[0]?.socket_addr ?? '';
  };

  test('a message goes through a channel, which is listed, shown and deleted', async () => {
    const address = await place.ok('secure-channel', 'create', '--from', 'n1', '--to', '/node/n2/service/api');
    assert.match(address, /^\/service\/[0-9a-f]{32}$/);
    const sent = await place.run(['message', 'send', 'hello', '--from', 'n1', '--to', '-/service/uppercase'], {
      stdin: `${address}\n`,
    });
    assert.equal(sent.stdout, 'HELLO', sent.stderr);
    assert.match(await place.ok('secure-channel', 'list', '--at', 'n1'), new RegExp(`At ${address}`));
    const shown = await place.json<{ channel: string; authorized_identifiers: null }>(
      'secure-channel',
      'show',
      address.slice('/service/'.length),
      '--at',
      '/node/n1',
    );
    assert.equal(shown.channel, `0#${address.slice('/service/'.length)}`);
    assert.equal(shown.authorized_identifiers, null);
    assert.equal((await place.run(['secure-channel', 'delete', address, '--at', 'n1'])).code, 70, 'not without --yes');
    assert.equal(await place.ok('secure-channel', 'delete', address, '--at', 'n1', '--yes'), address);
    assert.match(await place.ok('secure-channel', 'delete', address, '--at', 'n1', '--yes'), /not found/);
    assert.match(await place.ok('secure-channel', 'list', '--at', 'n1'), /No secure channels found on n1/);
  });

  test('a command takes the route of one that prints it later, as both of a pipe begin at once', () => {
    const piped =
      '"$NODE" "$PERIGEE" secure-channel create --from n1 --to /node/n2/service/api |' +
      ' "$NODE" "$PERIGEE" message send hello --from n1 --to -/service/uppercase';
    const env = { PATH: process.env['PATH'], NODE: process.execPath, PERIGEE, PERIGEE_HOME: place.home };
    const { status, stdout, stderr } = spawnSync('sh', ['-c', piped], { env, encoding: 'utf8' });
    assert.equal(stdout, 'HELLO', stderr);
    assert.equal(status, 0);
  });

  test('a channel leads through a hop and a connection of the node in between', async () => {
    await place.ok('service', 'start', 'hop', '--at', 'n2');
    const again = await place.run(['service', 'start', 'hop', '--at', 'n2']);
    assert.equal(again.code, 70);
    assert.match(again.stderr, /hop service already exists at hop/);
    assert.match(await place.ok('-q', '--output', 'json', 'service', 'list', '--at', 'n2'), /"hop"/);
    const hop = await place.ok(
      'tcp-connection',
      'create',
      '--from',
      'n2',
      '--to',
      await portOf('n3'),
      '--output',
      'json',
    );
    const { address: worker } = JSON.parse(hop) as { address: string };
    const channel = await place.ok(
      'secure-channel',
      'create',
      '--from',
      'n1',
      '--to',
      `/node/n2/service/hop${worker}/service/api`,
    );
    assert.equal(
      await place.ok('message', 'send', 'far', '--from', 'n1', '--to', `${channel}/service/uppercase`),
      'FAR',
    );
  });

  test('somebody else than the authorized one is refused, in bounded time', async () => {
    const { code, stderr } = await place.run([
      'secure-channel',
      'create',
      '--from',
      'n1',
      '--to',
      '/node/n2/service/api',
      '--authorized',
      `I${'ab'.repeat(32)}`,
      '--timeout',
      '5s',
    ]);
    assert.equal(code, 70);
    assert.notEqual(stderr, '');
    assert.match(await place.ok('secure-channel', 'list', '--at', 'n1'), /At|No secure channels/);
  });

  test('listeners come back after a restart, connections do not', async () => {
    assert.equal(await place.ok('secure-channel-listener', 'create', 'door', '--at', 'n2'), '/service/door');
    assert.match(
      await place.ok('tcp-listener', 'create', '127.0.0.1:0', '--at', 'n2'),
      /\/dnsaddr\/localhost\/tcp\/\d+/,
    );
    await place.ok('node', 'stop', 'n2');
    await place.ok('node', 'start', 'n2');
    assert.equal(await place.ok('secure-channel-listener', 'show', 'door', '--at', 'n2'), '/service/door');
    assert.equal((await place.ok('tcp-listener', 'list', '--at', 'n2')).match(/Listening/g)?.length, 2);
    assert.match(await place.ok('tcp-connection', 'list', '--at', 'n2'), /No TCP Connections/);
    assert.equal(await place.ok('secure-channel-listener', 'delete', 'door', '--at', 'n2'), '0#door');
    assert.equal((await place.run(['secure-channel-listener', 'show', 'door', '--at', 'n2'])).code, 70);
  });

  test('messages of this process, in hex, and those nobody answers', async () => {
    assert.equal(await place.ok('message', 'send', 'hi', '--to', '/node/n1/secure/api/service/echo'), 'hi');
    assert.equal(await place.ok('message', 'send', '00ff', '--hex', '--to', '/node/n1/service/echo'), '00ff');
    const odd = await place.run(['message', 'send', 'xyz', '--hex', '--to', '/node/n1/service/echo']);
    assert.equal(odd.code, 70);
    assert.match(odd.stderr, /not a valid hex string/);
    const silent = await place.run(['message', 'send', 'hi', '--timeout', '200ms', '--to', '/node/n1/service/nobody']);
    assert.equal(silent.code, 70);
    assert.match(silent.stderr, /no answer within 200 ms/);
    // Who hangs up leaves nothing that would keep the process until the deadline: it must not end before, as if all were well.
    const server = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(0, '127.0.0.1');
    try {
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const to = `/ip4/127.0.0.1/tcp/${port}/secure/api/service/echo`;
      const hungUp = await place.run(['message', 'send', 'hi', '--timeout', '300ms', '--to', to]);
      assert.equal(hungUp.code, 70, hungUp.stdout);
      assert.match(hungUp.stderr, /no answer within 300 ms[\s\S]*code: NODE_ROUTE/);
    } finally {
      server.close();
    }
    const flow = await place.run(['flow-control', 'add-consumer', 'ab'.repeat(16), '/service/echo', '--at', 'n1']);
    assert.deepEqual([flow.code, flow.stdout], [0, '']);
    assert.match(await place.ok('worker', 'list', '--at', 'n1'), /Worker uppercase/);
  });
});
