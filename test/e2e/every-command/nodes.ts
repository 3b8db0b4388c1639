/** Commands that make, list and show nodes and what is on them. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { through } from '../echo.ts';
import { until } from '../world.ts';
import type { Example, Scene } from './scene.ts';

interface Shown {
  readonly status: string;
  readonly pid?: number;
  readonly http_server_address: string | null;
  readonly transports: readonly {
    readonly mode: string;
    readonly socket_addr: string;
    readonly flow_control_id: string;
    readonly worker_addr: string;
  }[];
}

const show = ({ here }: Scene, name: string): Promise<Shown> => here.json<Shown>('node', 'show', name);

/** Where a node listens first of all. */
const placeOf = async (scene: Scene, name: string): Promise<string> =>
  (await show(scene, name)).transports.find(({ mode }) => mode === 'Listen')?.socket_addr ?? '';

/** What n1 answers to messages that n2 sends back by the connections that others opened to it. */
async function answersBack(scene: Scene): Promise<readonly string[]> {
  const incoming = (await show(scene, 'n2')).transports.filter(({ mode }) => mode === 'Incoming');
  const answers = await Promise.all(
    incoming.map(({ worker_addr: worker }) => {
      const to = `/worker/${worker.slice('0#'.length)}/service/uppercase`;
      return scene.here.run(['message', 'send', 'back', '--from', 'n2', '--timeout', '400ms', '--to', to]);
    }),
  );
  return answers.filter(({ code }) => code === 0).map(({ stdout }) => stdout);
}

/** In this order, after the project was made. */
export const NODES: readonly Example[] = [
  {
    leaf: 'node create',
    line: 'n1 --http-server',
    done: async (scene, { stdout }) => {
      assert.equal(stdout, 'n1');
      const { http_server_address: at, pid } = await show(scene, 'n1');
      assert.equal((await fetch(`http://${at}/show`)).status, 200);
      process.kill(pid ?? 0, 0);
      await scene.here.ok('node', 'create', 'n2');
    },
  },
  {
    leaf: 'node list',
    line: '',
    done: (_scene, { stdout }) =>
      assert.deepEqual(
        (JSON.parse(stdout) as { node_name: string }[]).map((node) => node.node_name),
        ['n1', 'n2'],
      ),
  },
  {
    leaf: 'node show',
    line: 'n2 --jq .status',
    done: (_scene, { stdout }) => assert.equal(stdout.trim(), '"running"'),
  },
  {
    leaf: 'node default',
    line: 'n2',
    done: async ({ here }) => {
      assert.equal((await here.json<{ name: string }>('node', 'show')).name, 'n2');
      await here.ok('node', 'default', 'n1');
    },
  },
  { leaf: 'node logs', line: 'n2', done: (_scene, { stdout }) => assert.ok(existsSync(stdout)) },
  {
    leaf: 'node stop',
    line: async (scene) => {
      scene.note('n2 was at', await placeOf(scene, 'n2'));
      return 'n2';
    },
    done: async (scene) => assert.equal((await show(scene, 'n2')).status, 'stopped'),
  },
  {
    leaf: 'node start',
    line: 'n2',
    done: async (scene) => assert.equal(await placeOf(scene, 'n2'), scene.noted('n2 was at')),
  },
  {
    leaf: 'tcp-outlet create',
    line: ({ echo }) => `--at n1 --to ${echo.port}`,
    done: (_scene, { stdout }) => assert.equal(stdout, '/service/outlet'),
  },
  {
    leaf: 'tcp-outlet list',
    line: '--at n1',
    done: ({ echo }, { stdout }) =>
      assert.deepEqual(JSON.parse(stdout), [{ from: '/service/outlet', to: `127.0.0.1:${echo.port}` }]),
  },
  {
    leaf: 'tcp-outlet show',
    line: 'outlet --at n1 --output json',
    done: (_scene, { stdout }) => assert.equal((JSON.parse(stdout) as { node_name: string }).node_name, 'n1'),
  },
  {
    leaf: 'relay create',
    line: 'db --to n1',
    done: (_scene, { stdout }) => assert.equal(stdout, '/service/forward_to_db'),
  },
  {
    leaf: 'relay list',
    line: '--to n1',
    done: (_scene, { stdout }) =>
      assert.deepEqual(
        (JSON.parse(stdout) as Record<string, string>[]).map((one) => [one['name'], one['connection_status']]),
        [['db', 'Up']],
      ),
  },
  { leaf: 'relay show', line: 'db --at n1', done: (_scene, { stdout }) => assert.equal(stdout, 'db') },
  {
    leaf: 'tcp-inlet create',
    line: '--at n2 --via db --alias web',
    done: async ({ note, echo }, { stdout }) => {
      note('inlet', stdout);
      const before = echo.accepted();
      assert.equal(await through(stdout, 'inlet, relay, outlet'), 'inlet, relay, outlet');
      assert.equal(echo.accepted(), before + 1);
    },
  },
  {
    leaf: 'tcp-inlet list',
    line: '--at n2',
    done: ({ noted }, { stdout }) =>
      assert.deepEqual(
        (JSON.parse(stdout) as Record<string, string>[]).map((one) => [one['alias'], one['bind_addr']]),
        [['web', noted('inlet')]],
      ),
  },
  {
    leaf: 'tcp-inlet show',
    line: 'web --at n2 --output json',
    done: (_scene, { stdout }) => assert.equal((JSON.parse(stdout) as { status: string }).status, 'Up'),
  },
  {
    leaf: 'secure-channel create',
    line: '--from n1 --to /node/n2/service/api',
    done: ({ note }, { stdout }) => {
      assert.match(stdout, /^\/service\/[0-9a-f]{32}$/);
      note('channel', stdout);
    },
  },
  {
    leaf: 'secure-channel list',
    line: '--at n1',
    done: ({ noted }, { stdout }) => assert.ok(stdout.includes(`At ${noted('channel')}`), stdout),
  },
  {
    leaf: 'secure-channel show',
    line: ({ noted }) => `${noted('channel')} --at n1 --output json`,
    done: ({ noted }, { stdout }) =>
      assert.equal(`/service/${(JSON.parse(stdout) as { channel: string }).channel.slice(2)}`, noted('channel')),
  },
  {
    leaf: 'message send',
    line: ({ noted }) => `"hello, world" --from n1 --to ${noted('channel')}/service/uppercase`,
    done: (_scene, { stdout }) => assert.equal(stdout, 'HELLO, WORLD'),
  },
  {
    leaf: 'secure-channel-listener create',
    line: 'door --at n2',
    done: async ({ here }) =>
      assert.equal(await here.ok('message', 'send', 'in', '--to', '/node/n2/secure/door/service/uppercase'), 'IN'),
  },
  {
    leaf: 'secure-channel-listener list',
    line: '--at n2',
    done: (_scene, { stdout }) => assert.match(stdout, /\/service\/door/),
  },
  {
    leaf: 'secure-channel-listener show',
    line: 'door --at n2',
    done: (_scene, { stdout }) => assert.equal(stdout, '/service/door'),
  },
  {
    leaf: 'tcp-listener create',
    line: '127.0.0.1:0 --at n2',
    done: async ({ here, note }, { stdout }) => {
      const port = /\/tcp\/(\d+)/.exec(stdout)?.[1] ?? '';
      note('listener', `127.0.0.1:${port}`);
      const to = `/ip4/127.0.0.1/tcp/${port}/secure/api/service/uppercase`;
      assert.equal(await here.ok('message', 'send', 'there', '--to', to), 'THERE');
    },
  },
  {
    leaf: 'tcp-listener list',
    line: '--at n2',
    done: (_scene, { stdout }) => assert.equal(stdout.match(/Listening/g)?.length, 2, stdout),
  },
  {
    leaf: 'tcp-listener show',
    line: ({ noted }) => `${noted('listener')} --at n2 --output json`,
    done: ({ noted }, { stdout }) =>
      assert.equal((JSON.parse(stdout) as { socket_addr: string }).socket_addr, noted('listener')),
  },
  {
    leaf: 'tcp-connection create',
    line: async (scene) => `--from n1 --to ${await placeOf(scene, 'n2')}`,
    done: ({ note }, { stdout }) => {
      assert.match(stdout, /^\/worker\/[0-9a-f]+$/);
      note('connection', stdout.slice('/worker/'.length));
    },
  },
  {
    leaf: 'tcp-connection list',
    line: '--at n1',
    done: async (scene, { stdout }) => assert.ok(stdout.includes(await placeOf(scene, 'n2')), stdout),
  },
  {
    leaf: 'tcp-connection show',
    line: ({ noted }) => `${noted('connection')} --at n1`,
    done: (_scene, { stdout }) => assert.match(stdout, /Mode: Outgoing/),
  },
  {
    leaf: 'flow-control add-consumer',
    line: async (scene) => {
      // What comes in by a connection that this node opened itself reaches nothing here, until somebody says so.
      assert.deepEqual(await answersBack(scene), []);
      const { transports } = await show(scene, 'n1');
      const made = transports.find(({ worker_addr }) => worker_addr === `0#${scene.noted('connection')}`);
      return `${made?.flow_control_id} uppercase --at n1`;
    },
    done: async (scene) => assert.deepEqual(await answersBack(scene), ['BACK']),
  },
  {
    leaf: 'service start',
    line: 'hop --at n2',
    done: async ({ here }) => {
      const by = '/node/n2/service/hop/service/uppercase';
      assert.equal(await here.ok('message', 'send', 'hop', '--to', by), 'HOP');
    },
  },
  {
    leaf: 'service list',
    line: '--at n2',
    done: (_scene, { stdout }) =>
      assert.deepEqual(
        (JSON.parse(stdout) as { type: string }[]).map(({ type }) => type),
        ['uppercase', 'echo', 'hop'],
      ),
  },
  {
    leaf: 'worker list',
    line: '--at n2',
    done: (_scene, { stdout }) => assert.match(stdout, /Worker hop$/m),
  },
  {
    leaf: 'policy create',
    line: '--at n1 --resource-type tcp-outlet --allow "web or db"',
    done: async ({ here }) =>
      assert.deepEqual(
        (await here.json<{ resource: string }[]>('policy', 'list', '--at', 'n1')).map(({ resource }) => resource),
        ['tcp-outlet'],
      ),
  },
  {
    leaf: 'policy list',
    line: 'tcp-outlet --at n1',
    done: (_scene, { stdout }) => assert.equal((JSON.parse(stdout) as unknown[]).length, 1),
  },
  {
    leaf: 'policy show',
    line: 'tcp-outlet --at n1',
    done: (_scene, { stdout }) =>
      assert.match((JSON.parse(stdout) as { expression: string }).expression, /^\(or \(= subject\.web /),
  },
  {
    leaf: 'credential store',
    line: ({ noted }) => `--at n1 --issuer ${noted('me')} --scope test --credential ${noted('credential')}`,
    done: ({ noted }, { stdout }) => assert.equal(stdout, noted('credential')),
  },
  {
    leaf: 'credential list',
    line: '--at n1',
    done: ({ noted }, { stdout }) =>
      assert.deepEqual(
        (JSON.parse(stdout) as { scope: string; credential: { credential: string } }[]).map((row) => [
          row.scope,
          row.credential.credential,
        ]),
        [['test', noted('credential')]],
      ),
  },
  {
    leaf: 'status',
    line: '--output json',
    done: (_scene, { stdout }) => {
      const { nodes, projects } = JSON.parse(stdout) as Record<'nodes' | 'projects', { name: string }[]>;
      assert.deepEqual(
        [nodes.map(({ name }) => name), projects.map(({ name }) => name).sort()],
        [
          ['n1', 'n2'],
          ['default', 'roses'],
        ],
      );
    },
  },
  {
    leaf: 'authority create',
    line: 'elsewhere -t 127.0.0.1:0 --project-identifier p1 --trusted-identities {}',
    done: async (scene) => {
      await until(
        async () => ((await show(scene, 'elsewhere')).status === 'running' ? true : undefined),
        'the authority runs',
      );
    },
  },
];
