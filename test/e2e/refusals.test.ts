import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { createPlace, DEMO_BUNDLE, logged, type Place } from './world.ts';

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

  const nodeLogs = async (place: Place, node: string, words: RegExp): Promise<string> =>
    logged(await place.ok('node', 'logs', node), words);

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

  test('a Sat that cannot be made as it is asked for does not use up its ticket', async () => {
    const ticket = await cloud.ok('-q', 'project', 'ticket', '--sat', 'gateway');
    const join = ['sat', 'join', '--identity', 'early', ticket];
    const ceiling = path.join(device.directory, 'ceiling.yaml');
    writeFileSync(ceiling, 'http:\n  enabled: maybe\n');
    for (const [more, expected] of [
      [['a/b'], /not a name for a node: "a\/b"/],
      [['--grant', ceiling], /ceiling\.yaml:2:12 [\s\S]*help: [\s\S]*code: DIRECTIVE_INVALID/],
      [['--grant', `${ceiling}.none`], /ENOENT[\s\S]*help: [\s\S]*code: NODE_INPUT/],
    ] as const) {
      const { code, stderr } = await device.run([...join, ...more]);
      assert.equal(code, 70);
      assert.match(stderr, expected);
    }
    await device.ok('project', 'enroll', '--identity', 'late', ticket);
  });

  test("another project's Sat: both sides say in their logs which check failed", async () => {
    const ticket = await other.ok('-q', 'project', 'ticket', '--sat', 'gateway', '--gateway-route', route);
    await other.ok('sat', 'join', ticket, 'spy', '--identity', 'spy', '--workers', '1');
    await nodeLogs(
      other,
      'spy',
      /I[0-9a-f]{64} is refused as gateway gateway: credential: it has no valid credential of the authority/,
    );
    const { report } = await other.json<{ report: { sat: { trouble: string } } }>('node', 'show', 'spy');
    assert.match(report.sat.trouble, /^the gateway I[0-9a-f]{64} is refused: credential: it has no valid credential/);
    await nodeLogs(cloud, 'gateway', /a credential that I[0-9a-f]{64} presented does not count: [A-Z_]+: /);
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
    await nodeLogs(
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
      await logged(log, new RegExp(`credential_issuer refused ${identity.identifier}: `));
    } finally {
      await place.close();
    }
  });

  test('whoever does not speak the protocol is cut off, and the log says why', async () => {
    const socket = connect(Number(/tcp\/(\d+)/.exec(route)?.[1]), '127.0.0.1').resume();
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(socket, 'close');
    await nodeLogs(cloud, 'gateway', /the connection with 127\.0\.0\.1:\d+ was cut: wrong-version: /);
  });

  test('a bundle and a Directive that are wrong', async () => {
    const missing = await cloud.run(['gateway', 'create', 'g2', '--bundle', '/nowhere.zip']);
    assert.match(missing.stderr, /cannot read "\/nowhere.zip"/);
    const text = await cloud.run(['gateway', 'create', 'g2', '--bundle', import.meta.filename]);
    assert.equal(text.code, 70);
    assert.match(text.stderr, /at .*refusals\.test\.ts\n {4}help: .*perigee app build[\s\S]*code: BUNDLE_ZIP/);
    const deployed = await cloud.run(['gateway', 'deploy', '--bundle', import.meta.filename]);
    assert.equal(deployed.code, 70);
    assert.match(deployed.stderr, /at .*refusals\.test\.ts\n {4}help: .*perigee app build[\s\S]*code: BUNDLE_ZIP/);
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
