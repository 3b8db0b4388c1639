/** Commands that make, list and show identities, vaults, credentials, spaces, projects and members. */
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Example, Scene } from './scene.ts';

/** Names in a list that a command printed. */
function names(stdout: string, key = 'name'): string[] {
  return (JSON.parse(stdout) as Record<string, string>[]).map((row) => row[key] ?? '');
}

const isRunning = async ({ here }: Scene, name: string): Promise<boolean> =>
  (await here.json<{ running: boolean }>('project', 'show', name)).running;

/** The identifier of a fresh identity. */
const identity = ({ here }: Scene, name: string): Promise<string> => here.ok('identity', 'create', name);

/** In this order, on a home that is empty. */
export const MAKINGS: readonly Example[] = [
  {
    leaf: 'enroll',
    line: '',
    done: async ({ here, note }) => {
      const [me, ...others] = await here.json<{ name: string; identifier: string }[]>('identity', 'list');
      assert.deepEqual(others, []);
      note('my name', me?.name ?? '');
      note('me', me?.identifier ?? '');
      const [project] = await here.json<{ name: string; running: boolean }[]>('project', 'list');
      assert.deepEqual([project?.name, project?.running], ['default', true]);
    },
  },
  {
    leaf: 'vault create',
    line: 'work',
    done: ({ here }) => assert.ok(existsSync(path.join(here.home, 'vault-work'))),
  },
  {
    leaf: 'vault list',
    line: '',
    done: (_scene, { stdout }) => {
      const vaults = (JSON.parse(stdout) as { vault: { name: string } }[]).map(({ vault }) => vault.name);
      assert.deepEqual(vaults, ['default', 'work']);
    },
  },
  { leaf: 'vault show', line: 'work', done: (_scene, { stdout }) => assert.equal(stdout, 'work') },
  {
    leaf: 'vault move',
    line: 'work --path moved-vault',
    done: ({ here }) => {
      assert.ok(existsSync(path.join(here.directory, 'moved-vault')));
      assert.equal(existsSync(path.join(here.home, 'vault-work')), false);
    },
  },
  {
    leaf: 'identity create',
    line: 'alice --vault work',
    done: async ({ here, note }, { stdout }) => {
      assert.match(stdout, /^I[0-9a-f]{64}$/);
      assert.equal(await here.ok('identity', 'create', 'alice'), stdout, 'made again it is the same');
      note('alice', stdout);
    },
  },
  {
    leaf: 'identity list',
    line: '',
    done: ({ noted }, { stdout }) => assert.deepEqual(names(stdout).sort(), ['alice', noted('my name')].sort()),
  },
  { leaf: 'identity show', line: 'alice', done: ({ noted }, { stdout }) => assert.equal(stdout, noted('alice')) },
  {
    leaf: 'identity default',
    line: 'alice',
    done: async ({ here, noted }) => {
      assert.equal(await here.ok('identity', 'show'), noted('alice'));
      await here.ok('identity', 'default', noted('my name'));
      assert.equal(await here.ok('identity', 'show'), noted('me'));
    },
  },
  {
    leaf: 'credential issue',
    line: ({ noted }) => `--for ${noted('alice')} --attribute "city=San José" --encoding hex`,
    done: ({ note }, { stdout }) => {
      assert.match(stdout, /^82[0-9a-f]{200,}$/);
      note('credential', stdout);
    },
  },
  {
    leaf: 'credential verify',
    line: ({ noted }) => `--issuer ${noted('me')} --credential ${noted('credential')} --exit-code`,
    done: (_scene, { stdout }) => assert.equal(stdout, 'true'),
  },
  {
    leaf: 'space create',
    line: 'work',
    done: async ({ here }) => assert.deepEqual(names(await here.ok('space', 'list')).sort(), ['default', 'work']),
  },
  { leaf: 'space list', line: '', done: (_scene, { stdout }) => assert.ok(names(stdout).includes('work')) },
  { leaf: 'space show', line: 'work', done: (_scene, { stdout }) => assert.equal(stdout, 'work') },
  {
    leaf: 'space default',
    line: 'work',
    done: async ({ here }) => assert.equal(await here.ok('space', 'show'), 'work'),
  },
  {
    leaf: 'project create',
    line: 'work roses',
    done: async (scene) => assert.equal(await isRunning(scene, 'roses'), true),
  },
  {
    leaf: 'project list',
    line: '',
    done: (_scene, { stdout }) => assert.deepEqual(names(stdout).sort(), ['default', 'roses']),
  },
  {
    leaf: 'project show',
    line: 'roses --output json',
    done: ({ here, note }, { stdout }) => {
      assert.match((JSON.parse(stdout) as { access_address: string }).access_address, /^127\.0\.0\.1:\d+$/);
      writeFileSync(path.join(here.directory, 'roses.json'), stdout);
      note('roses', stdout);
    },
  },
  {
    leaf: 'project information',
    line: 'roses --output json',
    done: ({ noted }, { stdout }) => assert.equal(stdout, noted('roses')),
  },
  {
    leaf: 'project logs',
    line: 'roses',
    done: (_scene, { stdout }) => assert.ok(existsSync(stdout)),
  },
  {
    leaf: 'project default',
    line: 'roses',
    done: async ({ here }) => {
      assert.equal((await here.json<{ name: string }>('project', 'show')).name, 'roses');
      await here.ok('project', 'default', 'default');
    },
  },
  {
    leaf: 'project stop',
    line: 'roses',
    done: async (scene) => assert.equal(await isRunning(scene, 'roses'), false),
  },
  {
    leaf: 'project start',
    line: 'roses',
    done: async (scene, { stdout }) => {
      assert.equal(await isRunning(scene, 'roses'), true);
      const address = (text: string): string => (JSON.parse(text) as { access_address: string }).access_address;
      assert.equal(address(stdout), address(scene.noted('roses')), 'at the same place');
    },
  },
  {
    leaf: 'project addon configure okta',
    line: ({ here }) => {
      const certificate = new URL('../../../src/compute/egress/testdata/secure-example-cert.pem', import.meta.url);
      copyFileSync(certificate, path.join(here.directory, 'provider.pem'));
      return '--project roses --tenant https://secure.example --cert-path provider.pem --client-id c1 -a email';
    },
    done: async (scene) => assert.equal(await isRunning(scene, 'roses'), true),
  },
  {
    leaf: 'project addon list',
    line: '--project roses',
    done: (_scene, { stdout }) => assert.equal((JSON.parse(stdout) as { id: string }[])[0]?.id, 'okta'),
  },
  {
    leaf: 'project addon disable',
    line: '--project roses --addon okta',
    done: async ({ here }) => assert.deepEqual(await here.json('project', 'addon', 'list', '--project', 'roses'), []),
  },
  {
    leaf: 'project version',
    line: '--output json',
    done: (_scene, { stdout }) => {
      const { project_version: theirs, version } = JSON.parse(stdout) as Record<string, string>;
      assert.equal(theirs, version);
    },
  },
  {
    leaf: 'project ticket',
    line: '--quiet --attribute component=web',
    done: ({ note }, { stdout }) => {
      assert.match(stdout, /^[0-9a-f]{100,}$/);
      note('ticket', stdout);
    },
  },
  {
    leaf: 'project enroll',
    on: 'there',
    line: ({ noted }) => noted('ticket'),
    done: async ({ here, there, note }) => {
      const identifier = await there.ok('identity', 'show');
      note('member', identifier);
      const member = await here.json<{ attributes: { attributes: unknown } }>('project-member', 'show', identifier);
      assert.deepEqual(member.attributes.attributes, { component: 'web' });
    },
  },
  {
    leaf: 'project import',
    on: 'there',
    line: ({ here }) => `--project-file ${path.join(here.directory, 'roses.json')}`,
    done: async ({ there }) => assert.deepEqual(names(await there.ok('project', 'list')).sort(), ['default', 'roses']),
  },
  {
    leaf: 'project-member add',
    line: async (scene) => {
      const sat = await identity(scene, 'sat');
      scene.note('sat', sat);
      return `${sat} --attribute perigee-sat=gateway`;
    },
    done: async ({ here }) => {
      const { credential } = await here.json<{ credential: { attributes: Record<string, string> } }>(
        'project',
        'enroll',
        '--identity',
        'sat',
      );
      assert.equal(credential.attributes['perigee-sat'], 'gateway', 'the authority attests it');
    },
  },
  {
    leaf: 'project-member list',
    line: '',
    done: ({ noted }, { stdout }) =>
      assert.deepEqual(names(stdout, 'identifier').sort(), [noted('me'), noted('member'), noted('sat')].sort()),
  },
  {
    leaf: 'project-member list-ids',
    line: '',
    done: (_scene, { stdout }) => assert.equal(names(stdout, 'identifier').length, 3),
  },
  {
    leaf: 'project-member show',
    line: ({ noted }) => `${noted('sat')} --output json`,
    done: (_scene, { stdout }) => assert.match(stdout, /"perigee-sat": "gateway"/),
  },
  {
    leaf: 'project-admin add',
    line: async (scene) => {
      const admin = await identity(scene, 'carol');
      scene.note('carol', admin);
      return admin;
    },
    done: async ({ here }) => {
      const ticket = await here.ok('-q', 'project', 'ticket', '--identity', 'carol');
      assert.match(ticket, /^[0-9a-f]+$/, 'who is one invites others');
    },
  },
  {
    leaf: 'project-admin list',
    line: '',
    done: ({ noted }, { stdout }) =>
      assert.deepEqual(names(stdout, 'identifier').sort(), [noted('me'), noted('carol')].sort()),
  },
];
