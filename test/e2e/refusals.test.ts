import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, suite, test } from 'node:test';
import { createPlace, DEMO_BUNDLE, type Place, until } from './world.ts';

suite('who is refused', () => {
  const [cloud, other, device] = [createPlace(), createPlace(), createPlace()];
  after(() => Promise.all([cloud, other, device].map((place) => place.close())));
  let route = '';

  before(async () => {
    await cloud.ok('project', 'create', 'default', 'ours');
    await Promise.all([
      cloud.ok(
        'gateway',
        'create',
        '--bundle',
        DEMO_BUNDLE,
        '--http',
        '127.0.0.1:0',
        '--tcp-listener-address',
        '127.0.0.1:0',
      ),
      other.ok('project', 'create', 'default', 'theirs'),
    ]);
    const { listenAt } = await cloud.json<{ listenAt: string }>('gateway', 'show');
    route = `/ip4/127.0.0.1/tcp/${listenAt.split(':').at(-1)}/service/api`;
  });

  const logged = (place: Place, node: string, words: RegExp): Promise<string> =>
    until(async () => words.exec(readFileSync(await place.ok('node', 'logs', node), 'utf8'))?.[0], String(words));

  test('a Sat without a ticket has no project', async () => {
    const { code, stderr } = await device.run(['sat', 'create', '--gateway', 'gateway']);
    assert.equal(code, 70);
    assert.match(stderr, /There is no default project defined/);
  });

  test('a member whose ticket was for something else', async () => {
    const ticket = await cloud.ok('-q', 'project', 'ticket', '--attribute', 'component=db');
    const joined = await device.run(['sat', 'join', ticket, '--identity', 'db', '--gateway', 'gateway']);
    assert.equal(joined.code, 70);
    assert.match(
      joined.stderr,
      /has no attribute perigee-sat in the project ours[\s\S]*help: .*perigee project ticket --sat gateway/,
    );
    const serving = await device.run([
      'gateway',
      'create',
      '--identity',
      'db',
      '--bundle',
      DEMO_BUNDLE,
      '--http',
      '127.0.0.1:0',
    ]);
    assert.equal(serving.code, 70);
    assert.match(serving.stderr, /has no attribute perigee-gateway/);
    assert.deepEqual(await device.json('node', 'list'), [], 'nothing is left');
  });

  test("another project's Sat: both sides say in their logs which check failed", async () => {
    const ticket = await other.ok('-q', 'project', 'ticket', '--sat', 'gateway', '--gateway-route', route);
    await other.ok('sat', 'join', ticket, 'spy', '--identity', 'spy', '--workers', '1');
    await logged(
      other,
      'spy',
      /I[0-9a-f]{64} is refused as gateway gateway: credential: it has no valid credential of the authority/,
    );
    await logged(cloud, 'gateway', /a credential that I[0-9a-f]{64} presented does not count: [A-Z_]+: /);
    const { gateway } = await cloud.json<{ gateway: { sats: unknown[] } }>('gateway', 'show');
    assert.deepEqual(gateway.sats, []);
  });

  test('a gateway that is not the one the Sat was made for', async () => {
    const ticket = await cloud.ok('-q', 'project', 'ticket', '--gateway', 'impostor');
    await device.ok('project', 'enroll', ticket, '--identity', 'impostor');
    await device.ok(
      'gateway',
      'create',
      'impostor',
      '--identity',
      'impostor',
      '--bundle',
      DEMO_BUNDLE,
      '--http',
      '127.0.0.1:0',
      '-t',
      '127.0.0.1:0',
    );
    const { listenAt } = await device.json<{ listenAt: string }>('gateway', 'show', 'impostor');
    const wrong = `/ip4/127.0.0.1/tcp/${listenAt.split(':').at(-1)}/service/api`;
    const invited = await cloud.ok('-q', 'project', 'ticket', '--sat', 'gateway', '--gateway-route', wrong);
    await device.ok('sat', 'join', invited, 'careful', '--identity', 'careful', '--workers', '1');
    await logged(
      device,
      'careful',
      /is refused as gateway gateway: attribute: its attribute perigee-gateway is "impostor", not "gateway" or "\*"/,
    );
    const { gateway } = await device.json<{ gateway: { sats: unknown[] } }>('gateway', 'show', 'impostor');
    assert.deepEqual(gateway.sats, [], 'nothing was offered to it');
  });

  test('a deleted member gets no new credential', async () => {
    const ticket = await cloud.ok('-q', 'project', 'ticket', '--sat', 'gateway');
    const place = createPlace();
    try {
      const { identity } = await place.json<{ identity: { identifier: string } }>('project', 'enroll', ticket);
      assert.equal((await place.run(['project', 'enroll'])).code, 0);
      await cloud.ok('project-member', 'delete', identity.identifier);
      const refused = await place.run(['project', 'enroll']);
      assert.equal(refused.code, 70);
      assert.match(refused.stderr, /unauthorized member[\s\S]*ENROLLMENT_REFUSED/);
      const log = await cloud.ok('project', 'logs');
      const line = `credential_issuer refused ${identity.identifier}: `;
      await until(async () => readFileSync(log, 'utf8').includes(line) || undefined, 'the refusal in the log');
    } finally {
      await place.close();
    }
  });

  test('a bundle and a Directive that are wrong', async () => {
    const missing = await cloud.run(['gateway', 'create', 'g2', '--bundle', '/nowhere.zip']);
    assert.match(missing.stderr, /cannot read "\/nowhere.zip"/);
    const text = await cloud.run(['gateway', 'create', 'g2', '--bundle', import.meta.filename]);
    assert.equal(text.code, 70);
    assert.match(text.stderr, /code: BUNDLE_/);
    const name = await cloud.run(['gateway', 'create', 'a/b', '--bundle', DEMO_BUNDLE]);
    assert.match(name.stderr, /not a name for a node: "a\/b"/);
    const taken = await cloud.run(['gateway', 'create', '--bundle', DEMO_BUNDLE]);
    assert.match(taken.stderr, /Node gateway has been already created/);
  });

  test('a port that is in use leaves no node', async () => {
    const { url } = await cloud.json<{ url: string }>('gateway', 'show');
    const { code, stderr } = await cloud.run([
      'gateway',
      'create',
      'second',
      '--bundle',
      DEMO_BUNDLE,
      '--http',
      url.slice(7),
    ]);
    assert.equal(code, 70);
    assert.match(stderr, /× the node second did not start[\s\S]*GATEWAY_LISTEN_FAILED/);
    const nodes = await cloud.json<{ node_name: string }[]>('node', 'list');
    assert.deepEqual(
      nodes.map(({ node_name }) => node_name),
      ['gateway'],
    );
  });
});
