import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { createPlace, until } from './world.ts';

interface ShownNode {
  readonly pid?: number;
  readonly status: string;
  readonly identity_name: string;
  readonly route: { readonly short: string; readonly verbose?: string };
  readonly services: readonly unknown[];
  readonly secure_channel_listeners: readonly { readonly address: unknown }[];
}

suite('nodes', () => {
  const place = createPlace();
  after(() => place.close());
  const show = (): Promise<ShownNode> => place.json<ShownNode>('node', 'show', 'n1');

  test('a node is made once, shown, and is the same after stop, start and kill', async () => {
    assert.equal(await place.ok('node', 'create', 'n1'), 'n1');
    const twice = await place.run(['node', 'create', 'n1']);
    assert.equal(twice.code, 70);
    assert.match(twice.stderr, /n1/);
    const first = await show();
    assert.equal(first.status, 'running');
    assert.match(first.route.verbose ?? '', /^\/dnsaddr\/localhost\/tcp\/\d+$/);
    assert.deepEqual(first.services, [
      { addr: 'uppercase', type: 'uppercase' },
      { addr: 'echo', type: 'echo' },
    ]);
    assert.deepEqual(first.secure_channel_listeners[0]?.address, { inner: [97, 112, 105], tt: 0 });
    await place.ok('node', 'stop', 'n1');
    const stopped = await show();
    assert.deepEqual([stopped.status, stopped.services, stopped.route.verbose], ['stopped', [], undefined]);
    await place.ok('node', 'start', 'n1');
    const second = await show();
    assert.deepEqual([second.identity_name, second.route], [first.identity_name, first.route]);
    process.kill(second.pid ?? 0, 'SIGKILL');
    await until(async () => ((await show()).status === 'running' ? undefined : true), 'the end of n1');
    await place.ok('node', 'start', 'n1');
    assert.deepEqual((await show()).route, first.route);
  });

  test('a node that cannot listen leaves nothing behind', async () => {
    const bad = await place.run(['node', 'create', 'n2', '--tcp-listener-address', '192.0.2.1:1']);
    assert.equal(bad.code, 70);
    assert.equal((await place.run(['node', 'create', 'n2', '--tcp-listener-address', 'no place'])).code, 64);
    assert.doesNotMatch(await place.ok('node', 'list'), /n2/);
  });

  test('deleted nodes are gone', async () => {
    await place.ok('node', 'delete', 'n1', '--yes');
    assert.deepEqual(await place.json('node', 'list'), []);
  });
});
