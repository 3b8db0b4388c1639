import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, suite, test } from 'node:test';
import { createPlace, until } from './world.ts';

interface ShownNode {
  readonly pid?: number;
  readonly status: string;
  readonly identity_name: string;
  readonly route: { readonly short: string; readonly verbose?: string };
  readonly services: readonly unknown[];
  readonly secure_channel_listeners: readonly { readonly address: unknown }[];
}

suite('nodes', () => {
  const place = createPlace();
  after(() => place.close());
  const show = (): Promise<ShownNode> => place.json<ShownNode>('node', 'show', 'n1');

  test('a node is made once, shown, and is the same after stop, start and kill', async () => {
    assert.equal(await place.ok('node', 'create', 'n1'), 'n1');
    const twice = await place.run(['node', 'create', 'n1']);
    assert.equal(twice.code, 70);
    assert.match(twice.stderr, /n1/);
    const first = await show();
    assert.equal(first.status, 'running');
    assert.match(first.route.verbose ?? '', /^\/dnsaddr\/localhost\/tcp\/\d+$/);
    assert.deepEqual(first.services, [
      { addr: 'uppercase', type: 'uppercase' },
      { addr: 'echo', type: 'echo' },
    ]);
    assert.deepEqual(first.secure_channel_listeners[0]?.address, { inner: [97, 112, 105], tt: 0 });
    await place.ok('node', 'stop', 'n1');
    const stopped = await show();
    assert.deepEqual([stopped.status, stopped.services, stopped.route.verbose], ['stopped', [], undefined]);
    await place.ok('node', 'start', 'n1');
    const second = await show();
    assert.deepEqual([second.identity_name, second.route], [first.identity_name, first.route]);
    process.kill(second.pid ?? 0, 'SIGKILL');
    await until(async () => ((await show()).status === 'running' ? undefined : true), 'the end of n1');
    await place.ok('node', 'start', 'n1');
    assert.deepEqual((await show()).route, first.route);
  });

  test('a node that cannot listen leaves nothing behind', async () => {
    const bad = await place.run(['node', 'create', 'n2', '--tcp-listener-address', '192.0.2.1:1']);
    assert.equal(bad.code, 70);
    assert.equal((await place.run(['node', 'create', 'n2', '--tcp-listener-address', 'no place'])).code, 64);
    assert.doesNotMatch(await place.ok('node', 'list'), /n2/);
  });

  test('a node is told in JSON as it is shown, and in the foreground in words', async () => {
    const made = await place.json<Record<string, unknown>>('node', 'create', 'told', '--output', 'json');
    const { identifier, ...resources } = made;
    assert.match(String(identifier), /^I[0-9a-f]{64}$/);
    assert.deepEqual(resources, await place.json('node', 'show', 'told'));
    await place.ok('node', 'delete', 'told', '--yes');
    const front = await place.run(['node', 'create', 'front', '-f', '-e'], { stdin: '' });
    assert.equal(front.code, 0, front.stderr);
    assert.match(front.stdout, /✔ Created a new Node named front\n/);
    await place.ok('node', 'delete', 'front', '--yes');
  });

  test('one that several commands make at once is made by one of them, and no process is left without its record', async () => {
    const ended = await Promise.all([1, 2, 3, 4].map(() => place.run(['node', 'create', 'same'])));
    const said = ended.map(({ code, stderr }) => `${code}: ${stderr}`).join('\n');
    assert.deepEqual(
      ended.map(({ code }) => code ?? -1).toSorted((a, b) => a - b),
      [0, 70, 70, 70],
      said,
    );
    assert.equal(await place.ok('message', 'send', 'hi', '--to', '/node/same/service/uppercase'), 'HI');
    assert.equal((await place.json<ShownNode>('node', 'show', 'same')).status, 'running');
    await place.ok('node', 'delete', 'same', '--yes');
  });

  test('deleted nodes are gone', async () => {
    await place.ok('node', 'delete', 'n1', '--yes');
    assert.deepEqual(await place.json('node', 'list'), []);
  });
});

test('a node that one command is starting is waited for by the others', async () => {
  const place = createPlace();
  try {
    const ended = await Promise.all([1, 2, 3].map((port) => place.run(['tcp-outlet', 'create', '--to', `${port}`])));
    assert.deepEqual(
      ended.map(({ code }) => code),
      [0, 0, 0],
      ended.map(({ stderr }) => stderr).join('\n'),
    );
    const nodes = await place.json<{ node_name: string }[]>('node', 'list');
    const outlets = await Promise.all(
      nodes.map(({ node_name: name }) => place.json<unknown[]>('tcp-outlet', 'list', '--at', name)),
    );
    assert.equal(outlets.flat().length, 3);
  } finally {
    await place.close();
  }
});

test('the HTTP server tells what node show tells, changes nothing, and keeps its port', async () => {
  const place = createPlace();
  try {
    await place.ok('node', 'create', 'n1', '--http-server');
    const shown = await place.json<{ http_server_address: string }>('node', 'show', 'n1', '--output', 'json');
    const address = shown.http_server_address;
    assert.match(address, /^127\.0\.0\.1:\d+$/);
    const ask = async (method: string, path: string): Promise<[number, string]> => {
      const answer = await fetch(`http://${address}${path}`, { method });
      return [answer.status, await answer.text()];
    };
    for (const path of ['/show', '//show/', '/show?x=1']) {
      const [status, text] = await ask('GET', path);
      assert.equal(status, 200, path);
      assert.deepEqual(JSON.parse(text), shown);
      assert.ok(text.startsWith('{"name":"n1","identity_name":') && !text.includes('\n'), text);
    }
    assert.deepEqual(await ask('HEAD', '/'), [200, '']);
    for (const [method, path] of [
      ['GET', '/'],
      ['HEAD', '/show'],
      ['POST', '/show'],
      ['GET', '/status'],
    ] as const) {
      assert.deepEqual(await ask(method, path), [404, ''], `${method} ${path}`);
    }
    const port = address.slice(address.indexOf(':') + 1);
    const taken = await place.run(['node', 'create', 'n2', '--http-server-port', port]);
    assert.notEqual(taken.code, 0);
    assert.match(taken.stderr, /cannot listen on/);
    assert.deepEqual(
      (await place.json<{ node_name: string }[]>('node', 'list', '--output', 'json')).map((one) => one.node_name),
      ['n1'],
    );
    await place.ok('node', 'stop', 'n1');
    await place.ok('node', 'start', 'n1');
    assert.equal((await ask('HEAD', '/'))[0], 200);
    const file = path.join(place.directory, 'node.yaml');
    writeFileSync(file, 'name: n3\nhttp_server: true\n');
    await place.ok('node', 'create', file);
    const other = await place.json<{ http_server_address: string }>('node', 'show', 'n3', '--output', 'json');
    assert.equal((await fetch(`http://${other.http_server_address}/show`)).status, 200);
    const both = await place.run(['node', 'create', 'n4', '--http-server', '--http-server-port', '1']);
    assert.equal(both.code, 64, both.stderr);
  } finally {
    await place.close();
  }
});
