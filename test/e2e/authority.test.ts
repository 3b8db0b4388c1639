import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { createPlace } from './world.ts';

interface Enrolled {
  readonly credential: {
    readonly attributes: Record<string, string>;
    readonly created_at: number;
    readonly expires_at: number;
  };
}

suite('an authority as a node of its own', () => {
  const place = createPlace();
  const device = createPlace();
  let boss: string;
  /** File with the change history of the project's node. */
  let nodeFile: string;
  const route = '/ip4/127.0.0.1/tcp/4/service/api';
  const trusted = (): string => JSON.stringify({ [boss]: { 'ockam-role': 'enroller', 'ockam-relay': '*' } });
  const create = (name: string, ...more: string[]): string[] => {
    const args = ['authority', 'create', name, '-t', '127.0.0.1:0', '--identity', name, '--project-identifier', 'p1'];
    if (!more.includes('--trusted-identities')) args.push('--trusted-identities', trusted());
    return [...args, ...more];
  };
  const project = (): string[] => ['--project-identity-identifier-file', nodeFile, '--project-access-route', route];

  before(async () => {
    boss = await place.ok('identity', 'create', 'boss');
    await place.ok('identity', 'create', 'project-node');
    nodeFile = path.join(place.directory, 'project-node');
    writeFileSync(nodeFile, await place.ok('identity', 'show', 'project-node', '--full', '--encoding', 'hex'));
  });
  after(async () => {
    await device.close();
    await place.close();
  });

  test('is made in the background, says nothing, and is a node', async () => {
    const made = await place.run(create('authority', ...project()));
    assert.deepEqual([made.code, made.stdout], [0, ''], made.stderr);
    const shown = await place.json<{ kind: string; status: string; pid: number }>('node', 'show', 'authority');
    assert.deepEqual([shown.kind, shown.status], ['authority', 'running']);
    const again = await place.run(create('authority'));
    assert.equal(again.code, 70);
    assert.match(again.stderr, /Node authority is already running/);
  });

  test('issues credentials to who is trusted, and lets an enroller manage members and invite', async () => {
    const own = await place.json<Enrolled>('project', 'enroll');
    assert.deepEqual(own.credential.attributes, {
      'ockam-relay': '*',
      'ockam-role': 'enroller',
      trust_context_id: 'p1',
    });
    assert.equal(own.credential.expires_at - own.credential.created_at, 2_592_000);
    const ticket = await place.ok('-q', 'project', 'ticket', '-a', 'component=db');
    const enrolled = await device.json<Enrolled>('project', 'enroll', ticket);
    assert.equal(enrolled.credential.attributes['component'], 'db');
    const ids = await place.json<{ identifier: string }[]>('project-member', 'list-ids');
    assert.equal(ids.length, 2);
  });

  test('starts again as it was, at the same port, with the same members', async () => {
    const before = await place.json<unknown[]>('project-member', 'list');
    await place.ok('node', 'stop', 'authority');
    assert.equal((await device.run(['project', 'enroll'])).code, 70);
    await place.ok('node', 'start', 'authority');
    assert.equal((await device.run(['project', 'enroll'])).code, 0);
    const after = await place.json<{ identifier: string }[]>('project-member', 'list');
    assert.equal(after.length, before.length);
    const log = readFileSync(await place.ok('node', 'logs', 'authority'), 'utf8');
    assert.match(log, /got a credential/);
    await place.ok('node', 'delete', 'authority', '--yes');
    await place.ok('project', 'delete', 'default', '--yes');
  });

  test('issues credentials as its flags say, with members managed or not', async () => {
    const closed = ['--no-direct-authentication', '--no-token-enrollment', '--disable-trust-context-id'];
    const { code, stderr } = await place.run(create('closed', ...closed, ...project()), {
      env: { CREDENTIAL_TTL_SECS: '600' },
    });
    assert.equal(code, 0, stderr);
    const own = await place.json<Enrolled>('project', 'enroll', '--timeout', '20s');
    assert.deepEqual(own.credential.attributes, { 'ockam-relay': '*', 'ockam-role': 'enroller' });
    assert.equal(own.credential.expires_at - own.credential.created_at, 600);
    await place.ok('node', 'delete', 'closed', '--yes');
    await place.ok('project', 'delete', 'default', '--yes');
  });

  test('leaves enrollers to administrators when it has an account authority and enforces that', async () => {
    const account = await place.ok('identity', 'show', 'project-node', '--full', '--encoding', 'hex');
    await place.ok(...create('strict', '--account-authority', account, '--enforce-admin-checks', ...project()));
    const member = await device.ok('identity', 'show');
    const refused = await place.run(['project-member', 'add', member, '--enroller']);
    assert.equal(refused.code, 70);
    assert.match(refused.stderr, /Not pre trusted enroller is trying to create an enroller/);
    await place.ok('project-member', 'add', member, '-a', 'component=db');
    await place.ok('node', 'delete', 'strict', '--yes');
    await place.ok('project', 'delete', 'default', '--yes');
  });

  test('runs in the foreground until a signal', async () => {
    const running = place.start(create('front', '-f'));
    await running.says('press Ctrl+C');
    running.child.kill('SIGTERM');
    const { code, stderr } = await running.ended;
    assert.equal(code, 0, stderr);
    assert.match(stderr, /stopped successfully/);
  });

  test('refuses wrong arguments before anything is made', async () => {
    const wrong: readonly (readonly [string[], number, RegExp])[] = [
      [['authority', 'create'], 64, /--project-identifier/],
      [['authority', 'create', '--project-identifier', 'p1'], 64, /--trusted-identities/],
      [create('bad', '--project-access-route', route), 64, /--project-identity-identifier-file/],
      [create('bad', '--trusted-identities', 'x'), 70, /Cannot parse the trusted identities/],
      [create('bad', '--account-authority', '00'), 70, /IDENTITY_/],
      [create('bad', '--tenant-base-url', 'https://example.org'), 64, /--certificate <PEM>\n {2}--attributes <NAME>/],
      [create('b/d'), 70, /NODE_INVALID_NAME/],
    ];
    const nodes = await place.json('node', 'list');
    for (const [args, code, message] of wrong) {
      const ended = await place.run(args);
      assert.equal(ended.code, code, args.join(' '));
      assert.match(ended.stderr, message);
    }
    const ttl = await place.run(create('bad'), { env: { CREDENTIAL_TTL_SECS: '0' } });
    assert.match(ttl.stderr, /CREDENTIAL_TTL_SECS is no number of seconds/);
    assert.deepEqual(await place.json('node', 'list'), nodes);
  });
});
