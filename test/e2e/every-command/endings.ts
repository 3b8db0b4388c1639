/** Commands that take away what the others made. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { through } from '../echo.ts';
import { until } from '../world.ts';
import type { Example, Scene } from './scene.ts';

const nodes = async ({ here }: Scene): Promise<string[]> =>
  (await here.json<{ node_name: string }[]>('node', 'list')).map((node) => node.node_name);

const identifiers = async ({ here }: Scene, ...list: string[]): Promise<string[]> =>
  (await here.json<{ identifier: string }[]>(...list)).map(({ identifier }) => identifier);

/** In this order, when everything is there. */
export const ENDINGS: readonly Example[] = [
  {
    leaf: 'secure-channel delete',
    line: ({ noted }) => `${noted('channel')} --at n1 --yes`,
    done: async ({ here }) => assert.match(await here.ok('secure-channel', 'list', '--at', 'n1'), /No secure channels/),
  },
  {
    leaf: 'secure-channel-listener delete',
    line: 'door --at n2',
    done: async ({ here }) =>
      assert.doesNotMatch(await here.ok('secure-channel-listener', 'list', '--at', 'n2'), /door/),
  },
  {
    leaf: 'tcp-connection delete',
    line: ({ noted }) => `${noted('connection')} --at n1 --yes`,
    done: async ({ here, noted }) =>
      assert.equal((await here.run(['tcp-connection', 'show', noted('connection'), '--at', 'n1'])).code, 70),
  },
  {
    leaf: 'tcp-listener delete',
    line: ({ noted }) => `${noted('listener')} --at n2 --yes`,
    done: async ({ noted }) => assert.equal(await through(noted('listener'), 'hello'), '', 'the port is closed'),
  },
  {
    leaf: 'policy delete',
    line: 'tcp-outlet --at n1 --yes',
    done: async ({ here }) => assert.deepEqual(await here.json('policy', 'list', '--at', 'n1'), []),
  },
  {
    leaf: 'tcp-inlet delete',
    line: 'web --at n2 --yes',
    done: async ({ noted }) => assert.equal(await through(noted('inlet'), 'hello'), '', 'the port is closed'),
  },
  {
    leaf: 'tcp-outlet delete',
    line: 'outlet --at n1 --yes',
    done: async ({ here }) => assert.deepEqual(await here.json('tcp-outlet', 'list', '--at', 'n1'), []),
  },
  {
    leaf: 'relay delete',
    line: 'db --at n1 --yes',
    done: async ({ here }) => assert.deepEqual(await here.json('relay', 'list', '--to', 'n1'), []),
  },
  {
    leaf: 'gateway delete',
    line: 'gateway --yes',
    done: async (scene) => {
      await assert.rejects(fetch(`${scene.noted('url')}/greet/you`));
      assert.ok(!(await nodes(scene)).includes('gateway'));
    },
  },
  {
    leaf: 'node delete',
    line: 'n2 --yes',
    done: async (scene) => {
      assert.ok(!(await nodes(scene)).includes('n2'));
      assert.equal(existsSync(path.join(scene.here.home, 'nodes', 'n2')), false);
    },
  },
  {
    leaf: 'process run',
    line: async ({ here }) => {
      await here.ok('node', 'stop', 'n1');
      return 'node n1';
    },
    during: async ({ here }, stop) => {
      await until(
        async () =>
          (await here.json<{ status: string }>('node', 'show', 'n1')).status === 'running' ? true : undefined,
        'the node runs in the process',
      );
      assert.equal(await here.ok('message', 'send', 'run', '--to', '/node/n1/service/uppercase'), 'RUN');
      stop();
    },
    done: async ({ here }) =>
      assert.equal((await here.json<{ status: string }>('node', 'show', 'n1')).status, 'stopped'),
  },
  {
    leaf: 'project-admin delete',
    line: ({ noted }) => `${noted('carol')} --yes`,
    done: async (scene) => assert.deepEqual(await identifiers(scene, 'project-admin', 'list'), [scene.noted('me')]),
  },
  {
    leaf: 'project-member delete',
    line: ({ noted }) => noted('member'),
    done: async (scene) => {
      assert.ok(!(await identifiers(scene, 'project-member', 'list-ids')).includes(scene.noted('member')));
      assert.equal((await scene.there.run(['project', 'enroll'])).code, 70, 'it gets no credential any more');
    },
  },
  {
    leaf: 'project delete',
    line: 'roses --yes',
    done: async ({ here, noted }) => {
      assert.equal((await here.run(['project', 'show', 'roses'])).code, 70);
      const { access_address: at } = JSON.parse(noted('roses')) as { access_address: string };
      assert.equal(await through(at, 'hello'), '', 'its process is gone');
    },
  },
  {
    leaf: 'space delete',
    line: 'work --yes',
    done: async ({ here }) => assert.equal((await here.run(['space', 'show', 'work'])).code, 70),
  },
  {
    leaf: 'identity delete',
    line: 'alice --yes',
    done: async (scene) => assert.ok(!(await identifiers(scene, 'identity', 'list')).includes(scene.noted('alice'))),
  },
  {
    leaf: 'vault delete',
    line: 'work --yes',
    done: ({ here }) => assert.equal(existsSync(path.join(here.directory, 'moved-vault')), false),
  },
  {
    leaf: 'sidecar secure-relay-outlet',
    line: 'db --to 5432 --enroll-ticket db.ticket --dry-run',
    done: (_scene, { stderr }) =>
      assert.match(stderr, /tcp-outlets:\n +db:\n +to: 127\.0\.0\.1:5432\n +relays:\n +- db\n/),
  },
  {
    leaf: 'sidecar secure-relay-inlet',
    line: 'db --enroll-ticket db.ticket --dry-run',
    done: (_scene, { stderr }) => assert.match(stderr, /tcp-inlets:\n +db:\n +via: db\n +to: db\n/),
  },
  {
    leaf: 'run',
    line: '--inline "identities: [listed]\nnodes: [from-recipe]"',
    done: async (scene) => assert.ok((await nodes(scene)).includes('from-recipe')),
  },
];
