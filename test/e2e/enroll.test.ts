import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, suite, test } from 'node:test';
import { createPlace } from './world.ts';

interface Status {
  readonly identities: readonly { readonly name: string; readonly status: unknown }[];
  readonly nodes: readonly { readonly name: string; readonly status: string }[];
  readonly projects: readonly {
    readonly name: string;
    readonly hosted: boolean;
    readonly running: boolean | null;
    readonly node: { readonly address: string; readonly reachable: boolean | null };
    readonly authority: { readonly address: string; readonly reachable: boolean | null };
  }[];
  readonly spaces: readonly { readonly name: string }[];
  readonly orchestrator_version: unknown;
}

interface Project {
  readonly id: string;
  readonly name: string;
  readonly space_id: string;
  readonly running: boolean | null;
}

suite('enroll', () => {
  const place = createPlace();
  const other = createPlace();
  after(async () => {
    await other.close();
    await place.close();
  });

  test('makes identity, space and project on a fresh machine, and nothing twice', async () => {
    const first = await place.run(['enroll']);
    assert.deepEqual([first.code, first.stdout], [0, ''], first.stderr);
    assert.match(first.stderr, /Generated a new Identity[\s\S]*Created the project default in the space default/);
    const [project] = await place.json<Project[]>('project', 'list');
    const [space] = await place.json<{ id: string; name: string }[]>('space', 'list');
    assert.deepEqual([project?.name, project?.running, project?.space_id], ['default', true, space?.id]);
    const again = await place.run(['enroll']);
    assert.deepEqual([again.code, again.stdout], [0, '']);
    assert.match(again.stderr, /is already enrolled; its project is default/);
    const forced = await place.json<Project>('enroll', '--force', '--output', 'json');
    assert.equal(forced.id, project?.id);
    assert.equal((await place.json<Project[]>('project', 'list')).length, 1);
    assert.equal((await place.json<unknown[]>('identity', 'list')).length, 1);
  });

  test('makes its identity an enroller, and starts the project when it was stopped', async () => {
    await place.ok('project', 'stop');
    const { stderr } = await place.run(['enroll']);
    assert.match(stderr, /Started the project default/);
    assert.match(await place.ok('-q', 'project', 'ticket'), /^[0-9a-f]+$/);
  });

  test('refuses who is no member, and flags that mean a hosted service', async () => {
    const stranger = await place.run(['enroll', '--identity', 'stranger']);
    assert.equal(stranger.code, 70);
    assert.match(stranger.stderr, /The identity stranger is no member[\s\S]*perigee project enroll TICKET/);
    const flow = await place.run(['enroll', '--authorization-code-flow']);
    assert.equal(flow.code, 70);
    assert.match(flow.stderr, /there is no sign-in service/);
    assert.equal((await place.run(['enroll', '--force', '--skip-resource-creation'])).code, 64);
    const nothing = await other.run(['enroll', '--skip-resource-creation']);
    assert.equal(nothing.code, 70);
    assert.match(nothing.stderr, /There is no project to enroll in/);
    assert.deepEqual(await other.json('project', 'list'), []);
    const identities = (await place.json<Status>('status')).identities;
    const statuses = identities.map(({ name, status }) => [name === 'stranger', status === 'NotEnrolled']);
    assert.equal(statuses.length, 2);
    assert.ok(statuses.every(([isStranger, isNotEnrolled]) => isStranger === isNotEnrolled));
  });

  test('works for a member of the project of somebody else', async () => {
    await other.ok('project', 'enroll', await place.ok('-q', 'project', 'ticket'));
    const { code, stderr } = await other.run(['enroll']);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /Enrolled the identity \S+ in the project default/);
    assert.deepEqual(await other.json('space', 'list'), [], 'their space is not one of this machine');
  });

  test('status shows what there is, and what can be reached now', async () => {
    await place.ok('node', 'create', 'n1');
    const up = await place.json<Status>('status');
    assert.deepEqual(up.orchestrator_version, { project_version: null, version: null });
    assert.deepEqual(
      up.nodes.map(({ name, status }) => [name, status]),
      [['n1', 'running']],
    );
    const [hosted] = up.projects;
    assert.deepEqual(
      [hosted?.hosted, hosted?.running, hosted?.node.reachable, hosted?.authority.reachable],
      [true, true, true, true],
    );
    assert.match(hosted?.node.address ?? '', /^127\.0\.0\.1:\d+$/);
    await place.ok('project', 'stop');
    const [joined] = (await other.json<Status>('status')).projects;
    assert.deepEqual([joined?.hosted, joined?.running, joined?.node.reachable], [false, null, false]);
    assert.equal(await place.ok('project', 'version'), 'unknown');
    await place.ok('project', 'start');
    const { project_version: theirs, version } = await other.json<{ project_version: string; version: string }>(
      'project',
      'version',
      '--output',
      'json',
    );
    assert.equal(theirs, version, 'the ticket told it');
  });
});

suite('spaces', () => {
  const place = createPlace();
  after(place.close);

  test('are labels: made, listed, shown, chosen and deleted', async () => {
    assert.deepEqual(await place.json('space', 'list'), []);
    assert.deepEqual(await place.json('space', 'show'), [], 'nothing to show is no failure');
    const made = await place.json<{ id: string }>('space', 'create', 'work');
    assert.match(made.id, /^[0-9a-f]{32}$/);
    assert.deepEqual(made, { id: made.id, name: 'work', subscription: null, users: [] });
    assert.deepEqual(await place.json('space', 'create', 'work'), made);
    await place.ok('space', 'create', 'home');
    assert.equal(await place.ok('space', 'show'), 'work', 'the first one is the default');
    assert.equal(await place.ok('space', 'default', 'home'), 'home');
    assert.equal(await place.ok('space', 'show'), 'home');
    assert.equal((await place.run(['space', 'show', 'none'])).code, 70);
    assert.equal((await place.run(['space', 'delete', 'home'])).code, 70, 'not without confirmation');
    assert.equal(await place.ok('space', 'delete', 'home', '--yes'), 'home');
    assert.equal(await place.ok('space', 'show'), 'work', 'another one is the default then');
    const wrong = await place.run(['space', 'create', 'a--b']);
    assert.match(wrong.stderr, /space name can contain only[\s\S]*NODE_INVALID_NAME/);
    assert.equal((await place.run(['project', 'create', 'a--b', 'p'])).code, 70);
  });

  test('have no accounts: what asks for them fails in words', async () => {
    for (const args of [
      ['space', 'create', 'x', '--', 'a@example.org'],
      ['space-admin', 'add', 'a@example.org'],
      ['space-admin', 'list'],
      ['space-admin', 'delete', 'a@example.org', '-y'],
    ]) {
      const { code, stderr } = await place.run(args);
      assert.equal(code, 70, args.join(' '));
      assert.match(stderr, /space administrators are e-mail accounts/);
    }
    for (const [args, why] of [
      [['share', 'create', 'project', 'p1', 'a@example.org', '--expires-at', 'x'], /invitations need a controller/],
      [['subscription', 'show', '--space', 's1'], /subscriptions do not exist/],
      [['admin', 'subscription', 'attach', 'file', '--space', 's1'], /subscriptions do not exist/],
    ] as const) {
      const { code, stderr } = await place.run(args);
      assert.equal(code, 70, args.join(' '));
      assert.match(stderr, why);
    }
  });

  test('come with projects and stay while those are in them', async () => {
    const project = await place.json<Project>('project', 'create', 'garden', 'roses');
    const spaces = await place.json<{ id: string; name: string }[]>('space', 'list');
    assert.equal(spaces.find(({ name }) => name === 'garden')?.id, project.space_id);
    await place.ok('reset', '--yes');
    const left = await place.json<{ id: string; name: string }[]>('space', 'list');
    assert.deepEqual(
      left.map(({ id, name }) => [id, name]),
      [[project.space_id, 'garden']],
      'the space of a project that goes on',
    );
    const deleted = await place.run(['space', 'delete', 'garden', '--yes']);
    assert.equal(deleted.code, 0);
    assert.match(deleted.stderr, /These projects go on without it: roses/);
    assert.equal((await place.json<Project>('project', 'show')).running, true);
  });
});

suite('a project known from a file', () => {
  const place = createPlace();
  const device = createPlace();
  after(async () => {
    await device.close();
    await place.close();
  });

  test('is imported, shown, and used by who is a member', async () => {
    await place.ok('project', 'create', 'default', 'house');
    const file = path.join(place.directory, 'project.json');
    const shown = await place.ok('project', 'show', '--output', 'json');
    writeFileSync(file, shown);
    const said = await device.run(['project', 'import', '--project-file', file]);
    assert.equal(said.code, 0, said.stderr);
    assert.match(said.stdout, /Successfully imported project house/);
    assert.equal((await device.run(['project', 'import', '--project-file', file])).code, 0, 'again');
    assert.deepEqual(
      (await device.json<Project[]>('project', 'list')).map(({ name }) => name),
      ['house'],
    );
    const refused = await device.run(['project', 'enroll']);
    assert.match(refused.stderr, /unauthorized member/, 'a file makes no member');
    const identifier = await device.ok('identity', 'show');
    await place.ok('project-member', 'add', identifier, '-a', 'component=web');
    const enrolled = await device.json<{ credential: { attributes: Record<string, string> } }>('project', 'enroll');
    assert.equal(enrolled.credential.attributes['component'], 'web');
    assert.deepEqual(
      await device.json('project', 'information', 'house'),
      await device.json('project', 'show', 'house'),
    );
    assert.equal((await place.run(['project', 'import', '--project-file', file])).code, 0, 'it says the same');
  });

  test('is refused when the file is broken, lies, or is about a project that is hosted here', async () => {
    const shown = await place.json<Record<string, unknown>>('project', 'show');
    const importing = async (value: unknown): Promise<string> => {
      const file = path.join(place.directory, 'other.json');
      writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value));
      const { code, stderr } = await place.run(['project', 'import', '--project-file', file]);
      assert.equal(code, 70);
      return stderr;
    };
    assert.match(await importing('{'), /the project file is not JSON/);
    assert.match(await importing({ ...shown, name: undefined }), /the field "name" is missing/);
    assert.match(await importing({ ...shown, identity: `I${'00'.repeat(32)}` }), /ENROLLMENT_WRONG_IDENTITY/);
    assert.match(
      await importing({ ...shown, authority_identity: shown['project_change_history'] }),
      /The project "house" with that id is hosted here/,
    );
    assert.deepEqual(await place.json('project', 'show'), shown);
    assert.equal((await place.run(['project', 'import', '--project-file', '/nowhere'])).code, 70);
    assert.equal((await place.run(['project', 'import'])).code, 64);
  });

  test('has administrators who are identities', async () => {
    const identifier = await device.ok('identity', 'show');
    const mail = await place.run(['project-admin', 'add', 'a@example.org']);
    assert.equal(mail.code, 70);
    assert.match(mail.stderr, /e-mail accounts need a controller/);
    assert.equal(await place.ok('project-admin', 'add', identifier), identifier);
    const member = await place.json<{ attributes: { attributes: unknown } }>('project-member', 'show', identifier);
    assert.deepEqual(member.attributes.attributes, { component: 'web', 'ockam-role': 'enroller' });
    const admins = await place.json<{ identifier: string }[]>('project-admin', 'list');
    assert.equal(admins.length, 2);
    assert.match(await device.ok('-q', 'project', 'ticket'), /^[0-9a-f]+$/, 'it invites');
    assert.equal(await place.ok('project-admin', 'delete', identifier, 'house', '--yes'), identifier);
    assert.equal((await place.json<unknown[]>('project-admin', 'list')).length, 1);
    await place.ok('project-admin', 'add', identifier);
    assert.equal((await place.run(['project-admin', 'delete', identifier, '--all', '--yes'])).code, 64);
    assert.equal((await place.run(['project-admin', 'delete', '--all'])).code, 70, 'not without confirmation');
    assert.equal(await place.ok('project-admin', 'delete', '--all', '--yes'), identifier, 'all but who asks');
    assert.equal((await place.json<unknown[]>('project-admin', 'list')).length, 1);
    assert.deepEqual(await place.json('project-admin', 'delete', '--all', '--yes', '--output', 'json'), []);
  });
});
