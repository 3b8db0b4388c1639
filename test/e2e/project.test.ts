import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, suite, test } from 'node:test';
import { createPlace } from './world.ts';

interface Project {
  readonly id: string;
  readonly name: string;
  readonly running: boolean | null;
  readonly access_route: string;
  readonly access_address: string;
}

suite('a project', () => {
  const place = createPlace();
  const device = createPlace();
  after(async () => {
    await device.close();
    await place.close();
  });

  test('is made with one command, and found again', async () => {
    const project = await place.json<Project>('project', 'create', 'default', 'house');
    assert.equal(project.name, 'house');
    assert.equal(project.running, true);
    assert.match(project.id, /^[0-9a-f]{32}$/);
    assert.match(project.access_route, /^\/ip4\/127\.0\.0\.1\/tcp\/\d+\/service\/api$/);
    const again = await place.json<Project>('project', 'create', 'default', 'house');
    assert.equal(again.id, project.id);
    assert.deepEqual(await place.json('project', 'show'), again);
    assert.deepEqual(await place.json('project', 'list'), [again]);
    assert.deepEqual(await place.json('node', 'list'), [], 'its process is no node');
  });

  test('takes members by ticket', async () => {
    const asked = await place.run(['project', 'ticket', '-a', 'component=db', '-a', 'blue', '--relay', 'db']);
    assert.equal(asked.code, 0);
    assert.match(asked.stdout, /^[0-9a-f]{500,}$/);
    assert.match(asked.stderr, /Created enrollment ticket/);
    const file = path.join(device.directory, 'a.ticket');
    writeFileSync(file, `${asked.stdout}\n`);
    const enrolled = await device.json<{ credential: { attributes: Record<string, string> }; project_name: string }>(
      'project',
      'enroll',
      file,
    );
    const { trust_context_id: _, ...attributes } = enrolled.credential.attributes;
    assert.deepEqual(attributes, { blue: 'true', component: 'db', 'ockam-relay': 'db' });
    assert.equal(enrolled.project_name, 'house');
    const second = await device.run(['project', 'enroll', asked.stdout]);
    assert.equal(second.code, 0, second.stderr);
    assert.match(second.stderr, /already enrolled/);
    assert.equal((await device.run(['project', 'enroll'])).code, 0, 'a member fetches its credential without a ticket');
    const [listed] = await device.json<Project[]>('project', 'list');
    assert.equal(listed?.name, 'house');
  });

  test('refuses tickets that are used up, expired or broken, and who may not invite', async () => {
    const stranger = createPlace();
    try {
      const ticket = await place.ok('-q', 'project', 'ticket');
      await stranger.ok('project', 'enroll', ticket, '--identity', 'one');
      const used = await stranger.run(['project', 'enroll', ticket, '--identity', 'two']);
      assert.equal(used.code, 70);
      assert.match(used.stderr, /Unknown enrollment token[\s\S]*ENROLLMENT_REFUSED/);
      const cut = await stranger.run(['project', 'enroll', ticket.slice(0, -100)]);
      assert.match(cut.stderr, /this is not an enrollment ticket[\s\S]*code: ENROLLMENT_TICKET_MALFORMED/);
      const nonsense = await stranger.run(['project', 'enroll', 'nonsense']);
      assert.match(nonsense.stderr, /Missing fields in enrollment ticket[\s\S]*help: .*there is no file of this name/);
      const long = path.join(stranger.directory, 'long.ticket');
      writeFileSync(long, Buffer.alloc(100_000, 'a'));
      const tooLong = await stranger.run(['project', 'enroll', long]);
      assert.match(tooLong.stderr, /has more than 65536 bytes[\s\S]*help: [\s\S]*code: NODE_INPUT/);
      const folder = await stranger.run(['sat', 'join', stranger.directory]);
      assert.match(folder.stderr, /cannot read [\s\S]*EISDIR[\s\S]*help: [\s\S]*code: NODE_INPUT/);
      assert.equal((await stranger.run(['project', 'enroll', '--identity', 'none'])).code, 70, 'who is no member');
      const refused = await stranger.run(['project', 'ticket', '--identity', 'one']);
      assert.equal(refused.code, 70);
      assert.match(refused.stderr, /ENROLLMENT_REFUSED/);
      const json = await place.run(['project', 'ticket', '--output', 'json']);
      assert.equal(json.code, 70);
      assert.match(json.stderr, /This command only outputs a hex encoded string/);
    } finally {
      await stranger.close();
    }
  });

  test('is not taken over by a ticket that puts another authority, or another node, under its id', async () => {
    const stranger = createPlace();
    try {
      await stranger.ok('project', 'create', 'default', 'trap');
      const ticket = await stranger.ok('-q', 'project', 'ticket');
      const { id } = await place.json<Project>('project', 'show');
      const document = JSON.parse(Buffer.from(ticket, 'hex').toString()) as { project: Record<string, unknown> };
      document.project['id'] = id;
      const before = await device.json('project', 'show', 'house');
      const forged = Buffer.from(JSON.stringify(document)).toString('hex');
      const { code, stderr } = await device.run(['project', 'enroll', forged]);
      assert.equal(code, 70);
      assert.match(stderr, /The project "house" has that id already, and another authority/);
      const real = JSON.parse(
        Buffer.from(await place.ok('-q', 'project', 'ticket'), 'hex').toString(),
      ) as typeof document;
      for (const field of ['identity', 'project_change_history', 'access_route'])
        real.project[field] = document.project[field];
      const other = await device.run(['project', 'enroll', Buffer.from(JSON.stringify(real)).toString('hex')]);
      assert.equal(other.code, 70);
      assert.match(other.stderr, /The project "house" has that id already, and another node/);
      assert.deepEqual(await device.json('project', 'show', 'house'), before);
      const members = await stranger.json<unknown[]>('project-member', 'list-ids');
      assert.equal(members.length, 1, 'nothing was asked of the other authority');
    } finally {
      await stranger.close();
    }
  });

  test('shows and changes its members to enrollers only', async () => {
    const identifier = await device.ok('identity', 'show');
    const [member] = await place
      .json<{ identifier: string; attributes: Record<string, unknown> }[]>('project-member', 'list')
      .then((all) => all.filter((one) => one.identifier === identifier));
    assert.deepEqual(Object.keys(member?.attributes ?? {}), ['added_at', 'attested_by', 'attributes', 'expires_at']);
    assert.deepEqual(await place.json('project-member', 'show', identifier), member);
    assert.equal((await place.json<unknown[]>('project-member', 'list', '--enroller')).length, 1);
    const unnamed = await place.run(['project-member', 'show']);
    assert.match(unnamed.stderr, /No member provided/);
    assert.equal((await place.run(['project-member', 'show', 'nobody'])).code, 64);
    const refused = await device.run(['project-member', 'list']);
    assert.match(refused.stderr, /Non-enroller is trying to list members/);
    const other = `I${'5a'.repeat(32)}`;
    const add = ['project-member', 'add', other, '-a', 'component=web', '--relay', 'web', '--enroller'];
    assert.deepEqual(await place.json(...add), {
      attributes: { component: 'web', 'ockam-relay': 'web', 'ockam-role': 'enroller' },
      identifier: other,
      project: 'house',
    });
    assert.equal((await place.run(['project-member', 'add', other, '-a', 'component'])).code, 64, 'a value is needed');
    assert.equal((await place.run(['project-member', 'delete'])).code, 70);
    assert.deepEqual(await place.json('project-member', 'delete', other), { identifiers: [other], project: 'house' });
    assert.equal((await place.run(['project-member', 'delete', other, '--all'])).code, 64);
  });

  test('is tried again when that is asked for, and only what may pass', async () => {
    await place.ok('project', 'stop');
    const args = ['project', 'enroll', '--retry-delay', '50ms', '--retry-count'];
    const failed = await device.run([...args, '2']);
    assert.equal(failed.code, 70);
    assert.equal(failed.stderr.match(/Retrying\.\.\./g)?.length, 1);
    const once = await device.run([...args, '2', '--no-retry']);
    assert.doesNotMatch(once.stderr, /Retrying/);
    const env = { PERIGEE_COMMAND_RETRY_COUNT: '2', PERIGEE_COMMAND_RETRY_DELAY: '50ms' };
    assert.match((await device.run(['project', 'enroll'], { env })).stderr, /Will retry in 1 seconds/);
    const trying = device.start([...args, '1000']);
    await trying.says('Will retry');
    await place.ok('project', 'start');
    assert.equal((await trying.ended).code, 0);
    const stranger = await place.run(['project', 'enroll', '--identity', 'stranger', '--retry-count', '3']);
    assert.equal(stranger.code, 70);
    assert.doesNotMatch(stranger.stderr, /Retrying/, 'a refusal does not pass');
    const okta = await device.run(['project', 'enroll', '--okta']);
    assert.match(okta.stderr, /is not known to have an identity provider/);
  });

  test('stops, starts at the same addresses with what it knew, and explains itself in its log', async () => {
    const before = await place.json<Project>('project', 'show');
    await place.ok('project', 'stop');
    assert.equal((await place.json<Project>('project', 'show')).running, false);
    const unreachable = await device.run(['project', 'enroll']);
    assert.equal(unreachable.code, 70);
    assert.match(unreachable.stderr, /no answer by the authority[\s\S]*help: check that the authority runs/);
    for (const asked of [
      ['project', 'ticket'],
      ['sat', 'create', '--gateway', 'gateway'],
    ]) {
      const { code, stderr } = await place.run(asked);
      assert.equal(code, 70);
      assert.match(
        stderr,
        /ECONNREFUSED[^\n]*\n {4}help: the project is stopped; start it: perigee project start house\n/,
      );
    }
    assert.deepEqual(await place.json('project', 'start'), before);
    assert.equal((await device.run(['project', 'enroll'])).code, 0, 'members are still known');
    const log = readFileSync(await place.ok('project', 'logs'), 'utf8');
    assert.match(log, /became a member by I[0-9a-f]{64}, token/);
    assert.match(log, /enrollment_token_acceptor refused I[0-9a-f]{64}: /);
  });

  test('survives a reset and goes when it is deleted', async () => {
    const { id } = await place.json<Project>('project', 'show');
    await place.ok('reset', '--yes');
    assert.deepEqual(await place.json('identity', 'list'), []);
    assert.equal((await place.json<Project>('project', 'show')).running, true);
    assert.equal((await device.run(['project', 'enroll'])).code, 0);
    assert.equal((await place.run(['project', 'delete', 'house'])).code, 70, 'not without confirmation');
    assert.equal(await place.ok('project', 'delete', 'default', 'house', '--yes'), 'house');
    assert.deepEqual(await place.json('project', 'list'), []);
    assert.ok(!existsSync(path.join(place.home, 'projects', id)));
    assert.deepEqual(await place.json('project', 'show'), [], 'nothing to show is no failure');
    const none = await place.run(['project', 'ticket']);
    assert.match(none.stderr, /There is no default project defined/);
  });

  test('runs in the foreground, and is found again by the next start', async () => {
    const create = ['project', 'create', 'default', 'front', '-f', '--output', 'json'];
    const shown: Project[] = [];
    for (let round = 0; round < 2; round++) {
      const running = place.start(create);
      await running.says('press Ctrl+C');
      shown.push(await place.json<Project>('project', 'show', 'front'));
      assert.match(await place.ok('-q', 'project', 'ticket', '--project', 'front'), /^[0-9a-f]+$/);
      running.child.kill('SIGTERM');
      const { code, stdout, stderr } = await running.ended;
      assert.equal(code, 0, stderr);
      assert.match(stderr, /Exit signal received[\s\S]*Project stopped successfully/);
      assert.equal((JSON.parse(stdout) as Project).name, 'front');
    }
    assert.deepEqual([shown[0]?.running, shown[1]], [true, shown[0]], 'the same project at the same addresses');
    // The standard input of this one has ended before it starts.
    const eof = await place.run([...create, '-e']);
    assert.equal(eof.code, 0);
    assert.match(eof.stderr, /EOF received/);
    assert.equal((await place.run(['project', 'create', 'default', 'front', '-e'])).code, 64);
    await place.ok('project', 'delete', 'front', '--yes');
  });

  test('that cannot listen leaves nothing', async () => {
    const { code, stderr } = await place.run([
      'project',
      'create',
      'default',
      'far',
      '--listener-address',
      '203.0.113.7:1',
    ]);
    assert.equal(code, 70);
    assert.match(stderr, /× the project far did not start[\s\S]*code: NODE_START_FAILED ← TRANSPORT_LISTEN_FAILED/);
    const everywhere = await place.run(['project', 'create', 'default', 'far', '--listener-address', '0.0.0.0:0']);
    assert.match(everywhere.stderr, /help: say under which address they reach it: --public-address/);
    assert.deepEqual(await place.json('project', 'list'), []);
  });
});
