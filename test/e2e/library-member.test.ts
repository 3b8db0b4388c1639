import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { openNode } from '../../src/node/index.ts';
import { startEchoService, through } from './echo.ts';
import { createPlace } from './world.ts';

suite('nodes in programs that are members of a project', { timeout: 120_000 }, () => {
  const cloud = createPlace();
  const here = createPlace();
  const there = createPlace();
  after(async () => {
    for (const place of [here, there, cloud]) await place.close();
  });

  before(async () => {
    await cloud.ok('project', 'create', 'default', 'house');
    await here.ok('project', 'enroll', await cloud.ok('project', 'ticket', '--attribute', 'role=reader'));
    await there.ok('project', 'enroll', await cloud.ok('project', 'ticket', '--relay', 'hidden'));
  });

  test('reach each other by its relay, as its credentials allow', async () => {
    const service = await startEchoService();
    await using hidden = await openNode({ home: there.home, project: 'house' });
    await using reader = await openNode({ home: here.home, project: 'house' });
    const relay = await hidden.relay('hidden', { at: '/project/house', peer: 'anyone' });
    assert.equal(relay.isUp(), true);
    assert.equal(relay.address, '/project/house/service/forward_to_hidden/secure/api');
    const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
    hidden.serve('for-readers', { policy: '(= subject.role "reader")' }, () => bytes('read'));
    hidden.serve('for-writers', { policy: '(= subject.role "writer")' }, () => bytes('written'));
    const to = { peer: hidden.identifier };
    using channel = await reader.channel(relay.address, to);
    assert.deepEqual(await channel.request('for-readers', bytes('')), bytes('read'));
    await assert.rejects(channel.request('for-writers', bytes(''), { timeoutMs: 500 }), {
      code: 'ROUTING_REQUEST_TIMED_OUT',
    });
    hidden.outlet('tool', { to: `127.0.0.1:${service.port}`, allow: { policy: '(= subject.role "reader")' } });
    const inlet = await reader.inlet({ listen: '127.0.0.1:0', to: `${relay.address}/service/tool`, ...to });
    assert.equal(inlet.isUp(), true);
    assert.equal(await through(inlet.at, 'hello'), 'hello');
    assert.throws(() => reader.presentCredential(''), { code: 'NODE_INPUT' });
    service.close();
  });

  test('one that is no member gets no credential, and reaches nothing', async () => {
    await cloud.ok('identity', 'create', 'nobody');
    await using nobody = await openNode({ home: cloud.home, project: 'house', identity: 'nobody' });
    await assert.rejects(nobody.channel('/project/house/secure/api', { peer: 'anyone', timeoutMs: 20_000 }), {
      name: /Error$/,
    });
  });
});
