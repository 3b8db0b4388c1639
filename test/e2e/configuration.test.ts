import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { after, suite, test } from 'node:test';
import { createPlace } from './world.ts';

const FILE = `
variables: { TARGET: 5432 }
name: db-side
identity: db
policies: [{ resource-type: tcp-outlet, allow: web }]
tcp-outlets: { db: { to: "127.0.0.1:$TARGET" } }
`;

suite('a node from a configuration file', () => {
  const place = createPlace();
  after(place.close);
  const file = path.join(place.directory, 'db.yaml');
  writeFileSync(file, FILE);

  test('is made with what is on it, each result on a line, and is left alone when it runs', async () => {
    const made = await place.run(['node', 'create', file, '--variable', 'TARGET=6000']);
    assert.equal(made.code, 0, made.stderr);
    assert.match(made.stderr, /! Loading variable 'TARGET' from environment/);
    assert.match(made.stdout, /^db-side\n[\s\S]*\/service\/db\n$/);
    const outlets = await place.json<unknown[]>('tcp-outlet', 'list', '--at', 'db-side', '--output', 'json');
    assert.deepEqual(outlets, [{ from: '/service/db', to: '127.0.0.1:6000' }]);

    const again = await place.run(['node', 'create', file]);
    assert.equal(again.code, 70);
    assert.match(again.stderr, /Node db-side has been already created/);
    assert.match(await place.ok('node', 'list'), /"running"/);
  });

  test('is not made when anything in the file is wrong, and the place is said', async () => {
    const bad = await place.run([
      'node',
      'create',
      'bad',
      '--configuration',
      'tcp-outlets:\n  db:\n    to: 1\n    too: 1\n',
    ]);
    assert.deepEqual([bad.code, bad.stdout], [70, '']);
    assert.match(bad.stderr, /× tcp-outlets: unexpected argument '--too/);
    assert.match(bad.stderr, /at --configuration:4:5\n[\s\S]*CLI_CONFIGURATION/);
    assert.doesNotMatch(await place.ok('node', 'list'), /"bad"/);
  });

  test('is deleted when something on it cannot be made', async () => {
    const ended = await place.run(['node', 'create', 'half', '--configuration', 'relay: {at: /node/nowhere}']);
    assert.equal(ended.code, 70);
    assert.match(ended.stdout, /^half\n/);
    assert.doesNotMatch(await place.ok('node', 'list'), /"half"/);
  });

  test('comes from an address, under a name that a flag cannot be given twice for', async () => {
    const server = createServer((_request, response) => response.end('name: fetched\n'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    assert.equal(await place.ok('node', 'create', `http://127.0.0.1:${port}/n.yaml`), 'fetched\n');
    server.close();
    const twice = await place.run(['node', 'create', file, '--variable', 'A=1', '--variable', 'A=2']);
    assert.match(twice.stderr, /The variable with key A is duplicated\n.*help: Remove the duplicated variable/);
    assert.match((await place.run(['node', 'create', './none.yaml'])).stderr, /NODE_INVALID_NAME/);
  });

  test('in the foreground ends with its input', async () => {
    const options = { stdin: '' };
    const { code, stderr } = await place.run(['node', 'create', '-f', '-e', '--configuration', 'name: eof'], options);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /! EOF received\n[\s\S]*Node stopped successfully/);
    assert.equal((await place.run(['node', 'create', 'x', '--exit-on-eof'])).code, 64);
  });

  test('with a ticket belongs to the project of the ticket, whichever is the default one', async () => {
    const host = createPlace();
    const member = createPlace();
    after(host.close);
    after(member.close);
    await host.ok('project', 'create', 'default', 'inviting');
    await member.ok('project', 'create', 'default', 'own');
    const ticket = await host.ok('project', 'ticket', '--relay', 'invited');
    await member.ok('node', 'create', 'n', '--enrollment-ticket', ticket);
    const relay = await member.ok('relay', 'create', 'invited', '--to', 'n', '--at', '/project/inviting');
    assert.equal(relay, '/service/forward_to_invited');
  });
});
