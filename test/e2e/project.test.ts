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
      assert.match(nonsense.stderr, /Missing fields in enrollment ticket/);
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

  test('stops, starts at the same addresses with what it knew, and explains itself in its log', async () => {
    const before = await place.json<Project>('project', 'show');
    await place.ok('project', 'stop');
    assert.equal((await place.json<Project>('project', 'show')).running, false);
    const unreachable = await device.run(['project', 'enroll']);
    assert.equal(unreachable.code, 70);
    assert.match(unreachable.stderr, /no answer by the authority[\s\S]*help: check that the authority runs/);
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
    const none = await place.run(['project', 'show']);
    assert.match(none.stderr, /There is no default project defined/);
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
