/** Commands that serve an application and run its functions. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { DEMO_BUNDLE, until } from '../world.ts';
import type { Example, Scene } from './scene.ts';

interface Gateway {
  readonly url: string;
  readonly gateway: {
    readonly sats: readonly { readonly identifier: string; readonly functions: readonly string[] }[];
  };
}

const show = ({ here }: Scene): Promise<Gateway> => here.json<Gateway>('gateway', 'show');

/** Waits for that many Sats that have got their functions. */
const sats = (scene: Scene, count: number): Promise<true> =>
  until(async () => {
    const ready = (await show(scene)).gateway.sats.filter(({ functions }) => functions.length > 0);
    return ready.length === count || undefined;
  }, `${count} Sats`);

/** In this order, after the project was made. */
export const FUNCTIONS: readonly Example[] = [
  {
    leaf: 'gateway create',
    line: `--bundle ${DEMO_BUNDLE} --http 127.0.0.1:0`,
    done: async (scene) => {
      const { url } = await show(scene);
      scene.note('url', url);
      assert.equal((await fetch(`${url}/greet/you`)).status, 503, 'nobody runs functions yet');
    },
  },
  {
    leaf: 'gateway list',
    line: '',
    done: (_scene, { stdout }) =>
      assert.deepEqual(
        (JSON.parse(stdout) as { name: string; status: string }[]).map(({ name, status }) => [name, status]),
        [['gateway', 'running']],
      ),
  },
  {
    leaf: 'sat create',
    line: 's1 --identity sat --workers 1',
    done: async (scene) => {
      await sats(scene, 1);
      const answer = await fetch(`${scene.noted('url')}/greet/you`);
      assert.match(await answer.text(), /^Hello, you/);
      assert.equal(answer.headers.get('x-perigee-sat'), scene.noted('sat'));
    },
  },
  {
    leaf: 'sat join',
    on: 'there',
    line: async ({ here }) =>
      `${await here.ok('-q', 'project', 'ticket', '--sat', 'gateway')} s2 --identity device --workers 1`,
    done: (scene) => sats(scene, 2).then(() => undefined),
  },
  {
    leaf: 'gateway show',
    line: '--output json',
    done: ({ noted }, { stdout }) => {
      const { gateway } = JSON.parse(stdout) as Gateway;
      assert.equal(gateway.sats.length, 2);
      assert.ok(gateway.sats.some(({ identifier }) => identifier === noted('sat')));
    },
  },
  {
    leaf: 'constellation show',
    line: '--output json',
    done: (_scene, { stdout }) => assert.equal((JSON.parse(stdout) as { sats: unknown[] }).sats.length, 2),
  },
  {
    leaf: 'gateway deploy',
    line: `--bundle ${DEMO_BUNDLE}`,
    done: async (scene, { stdout }) => {
      assert.equal((JSON.parse(stdout) as { application: string }).application, 'com.example.demo');
      assert.equal((await fetch(`${scene.noted('url')}/greet/you`)).status, 200);
    },
  },
  {
    leaf: 'sat profile',
    line: 's1 --fqmn greet --duration 100ms --file greet.cpuprofile',
    done: ({ here }) => {
      const profile = JSON.parse(readFileSync(path.join(here.directory, 'greet.cpuprofile'), 'utf8')) as {
        nodes: unknown[];
      };
      assert.ok(Array.isArray(profile.nodes));
    },
  },
];
