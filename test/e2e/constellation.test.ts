import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { after, before, suite, test } from 'node:test';
import { createPlace, DEMO_BUNDLE, type Place, until } from './world.ts';

interface GatewayReport {
  readonly url: string;
  readonly identifier: string;
  readonly pid: number;
  readonly listenAt?: string;
  readonly gateway: {
    readonly sats: readonly { readonly identifier: string; readonly functions: readonly string[] }[];
  };
}

interface ListedNode {
  readonly node_name: string;
  readonly pid: number | null;
  readonly status: { readonly status: string };
}

suite('a constellation', () => {
  const cloud = createPlace();
  const sites = [createPlace(), createPlace(), createPlace()];
  after(async () => {
    await Promise.all(sites.map((site) => site.close()));
    await cloud.close();
  });
  const show = (): Promise<GatewayReport> => cloud.json<GatewayReport>('gateway', 'show');
  const ready = (count: number): Promise<GatewayReport> =>
    until(async () => {
      const report = await show();
      return report.gateway.sats.filter(({ functions }) => functions.length > 0).length === count ? report : undefined;
    }, `${count} Sats`);
  let url = '';

  before(async () => {
    await cloud.ok('project', 'create', 'default', 'sky');
    await cloud.ok(
      'gateway',
      'create',
      '--bundle',
      DEMO_BUNDLE,
      '--http',
      '127.0.0.1:0',
      '--tcp-listener-address',
      '127.0.0.1:0',
    );
    ({ url } = await show());
    const { status } = await fetch(`${url}/greet/you`);
    assert.equal(status, 503, 'nobody is there yet');
    const route = `/ip4/127.0.0.1/tcp/${(await show()).listenAt?.split(':').at(-1)}/service/api`;
    const tickets = [
      await cloud.ok('-q', 'project', 'ticket', '--sat', 'gateway'),
      await cloud.ok('-q', 'project', 'ticket', '--sat', 'gateway'),
      await cloud.ok('-q', 'project', 'ticket', '--sat', 'gateway', '--gateway-route', route),
    ];
    const joined = await Promise.all(
      sites.map((site, i) => site.ok('sat', 'join', tickets[i] ?? '', 'sat', '--workers', '1', '--label', `site=${i}`)),
    );
    assert.deepEqual(joined, ['sat', 'sat', 'sat']);
    await ready(3);
  });

  test('answers, says who answered, and shows its Sats', async () => {
    const { gateway } = await show();
    const known = new Set(gateway.sats.map(({ identifier }) => identifier));
    assert.equal(known.size, 3, 'each Sat is somebody else');
    const response = await fetch(`${url}/greet/you`);
    assert.match(await response.text(), /^Hello, you/);
    assert.ok(known.has(response.headers.get('x-perigee-sat') ?? ''));
    const counts: string[] = [];
    for (let i = 0; i < 4; i++) counts.push(await (await fetch(`${url}/visits/me`)).text());
    assert.deepEqual(
      counts.slice(1),
      ['me was here 2 times\n', 'me was here 3 times\n', 'me was here 4 times\n'],
      'one cache for all',
    );
    const refused = (await (await fetch(`${url}/fetch?url=https://127.0.0.1/`)).json()) as { outcome: string };
    assert.equal(refused.outcome, 'refused');
    const shown = await cloud.json<{ sats: { labels: { site: string } }[] }>('constellation', 'show');
    assert.deepEqual(shown.sats.map(({ labels }) => labels.site).sort(), ['0', '1', '2']);
    const [listed] = await cloud.json<{ name: string; status: string }[]>('gateway', 'list');
    assert.deepEqual([listed?.name, listed?.status], ['gateway', 'running']);
    const nodes = await cloud.json<ListedNode[]>('node', 'list');
    assert.deepEqual(
      nodes.map(({ node_name, status }) => [node_name, status.status]),
      [['gateway', 'running']],
    );
  });

  test('loses no idempotent request when a Sat is killed under load, and explains what else it lost', async () => {
    const [victim] = (await sites[0]?.json<ListedNode[]>('node', 'list')) ?? [];
    assert.ok(victim?.pid);
    const stop = new AbortController();
    const failures: string[] = [];
    let done = 0;
    const watched: { readonly count: number; readonly reached: () => void }[] = [];
    /** Resolves when so many more have been answered. */
    const answers = (count: number): Promise<void> =>
      new Promise((reached) => watched.push({ count: done + count, reached }));
    const ask = async (): Promise<void> => {
      while (!stop.signal.aborted) {
        const { status } = await fetch(`${url}/greet/load`);
        done++;
        if (status !== 200) failures.push(`GET ${status}`);
        for (const { count, reached } of watched) if (done >= count) reached();
      }
    };
    const post = async (): Promise<void> => {
      while (!stop.signal.aborted) {
        const response = await fetch(`${url}/articles/ada`, { method: 'POST', body: '# Title\n\ntext' });
        const body = await response.text();
        if (response.status === 200) continue;
        const { code, request_id } = JSON.parse(body) as { code: string; request_id: string };
        if (response.status !== 502 || code !== 'SAT_LOST' || request_id === undefined)
          failures.push(`POST ${response.status} ${body}`);
      }
    };
    const load = [ask(), ask(), ask(), ask(), post(), post()];
    await answers(50);
    process.kill(victim.pid, 'SIGKILL');
    await ready(2);
    await answers(50);
    stop.abort();
    await Promise.all(load);
    assert.deepEqual(failures, []);
    const [dead] = (await sites[0]?.json<ListedNode[]>('node', 'list')) ?? [];
    assert.deepEqual([dead?.status.status, dead?.pid], ['stopped', null]);
  });

  test('swaps its bundle under load', async () => {
    const stop = new AbortController();
    const statuses = new Set<number>();
    const load = Array.from({ length: 4 }, async () => {
      while (!stop.signal.aborted) statuses.add((await fetch(`${url}/greet/swap`)).status);
    });
    const { application } = await cloud.json<{ application: string }>('gateway', 'deploy', '--bundle', DEMO_BUNDLE);
    stop.abort();
    await Promise.all(load);
    assert.equal(application, 'com.example.demo');
    assert.deepEqual([...statuses], [200]);
    const broken = await cloud.run(['gateway', 'deploy', '--bundle', import.meta.filename]);
    assert.equal(broken.code, 70);
    assert.match(broken.stderr, /code: BUNDLE_/);
    assert.equal((await fetch(`${url}/greet/still`)).status, 200);
  });

  test('has nobody when all are killed, and comes back with the first of them', async () => {
    for (const site of sites) {
      const [node] = await site.json<ListedNode[]>('node', 'list');
      if (node?.pid) process.kill(node.pid, 'SIGKILL');
    }
    await ready(0);
    const gone = await fetch(`${url}/greet/you`);
    assert.equal(gone.status, 503);
    const body = (await gone.json()) as { code: string; request_id: string };
    assert.equal(body.code, 'GATEWAY_NO_SAT');
    assert.equal(body.request_id, gone.headers.get('x-perigee-request-id'));
    const report = await sites[0]?.json<{ status: string }>('node', 'start', 'sat');
    assert.equal(report?.status, 'running');
    await ready(1);
    assert.equal((await fetch(`${url}/greet/you`)).status, 200);
  });

  test('comes back with everything after its gateway was killed, and after it was stopped', async () => {
    const first = await show();
    process.kill(first.pid, 'SIGKILL');
    await until(async () => {
      const [node] = await cloud.json<ListedNode[]>('node', 'list');
      return node?.status.status === 'stopped' ? true : undefined;
    }, 'the end of the gateway');
    const down = await cloud.run(['gateway', 'show']);
    assert.equal(down.code, 70);
    assert.match(down.stderr, /The node gateway is not running[\s\S]*help: start it with: perigee node start gateway/);
    await cloud.ok('node', 'start');
    const second = await ready(1);
    assert.deepEqual([second.url, second.identifier, second.listenAt], [first.url, first.identifier, first.listenAt]);
    assert.equal((await fetch(`${url}/greet/you`)).status, 200);
    assert.match(await cloud.ok('node', 'stop', 'gateway'), /was stopped/);
    const again = await cloud.run(['node', 'stop', 'gateway']);
    assert.equal(again.code, 70, 'it does not run any more');
    await cloud.ok('node', 'start', 'gateway');
    await ready(1);
    assert.match(await cloud.ok('node', 'start', 'gateway'), /is already running/);
  });

  test('a Sat in the foreground ends with Ctrl-C; a node that is deleted is gone', async () => {
    const ticket = await cloud.ok('-q', 'project', 'ticket', '--sat', 'gateway');
    const site = sites[1] as Place;
    const sat = site.start(['sat', 'join', ticket, 'front', '--identity', 'front', '--workers', '1', '-f']);
    await ready(2);
    sat.child.kill('SIGINT');
    const [code] = await once(sat.child, 'exit');
    assert.equal(code, 0);
    assert.match((await sat.ended).stderr, /Exit signal received[\s\S]*Node stopped successfully/);
    await ready(1);
    assert.equal(await site.ok('node', 'delete', 'front', '--yes'), 'front');
    const log = await sites[0]?.ok('node', 'logs', 'sat');
    assert.match(readFileSync(log ?? '', 'utf8'), /joined the gateway gateway, I[0-9a-f]{64}/);
    assert.equal(await sites[0]?.ok('node', 'delete', '--all', '--yes'), 'sat');
    assert.deepEqual(await sites[0]?.json('node', 'list'), []);
  });
});
