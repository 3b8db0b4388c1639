import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, suite, test } from 'node:test';
import { createPlace } from './world.ts';

suite('a recipe', () => {
  const place = createPlace();
  after(place.close);

  test('is needed', async () => {
    const { code, stderr } = await place.run(['run']);
    assert.equal(code, 70);
    assert.match(stderr, /No default configuration file found in current directory\./);
  });

  test('of the working directory makes identities, nodes and what is on them', async () => {
    writeFileSync(
      path.join(place.directory, 'perigee.yaml'),
      'tcp-outlets: {db: {to: 5432, at: two}}\nidentities: [me]\nnodes: [one, {two: {identity: me}}]\n',
    );
    const { code, stdout, stderr } = await place.run(['run']);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /one\ntwo\n\/service\/db\n$/);
  });

  test('with --blocking is there as long as its nodes, passes signals on, and tells how they ended', async () => {
    const recipe = 'nodes: [stay1, stay2]';
    const stopped = place.start(['run', '--blocking', '--inline', recipe]);
    await stopped.says('Waiting for stay1, stay2');
    stopped.child.kill('SIGTERM');
    const ended = await stopped.ended;
    assert.equal(ended.code, 0, ended.stderr);
    const status = async (name: string): Promise<string> =>
      (await place.json<{ status: string }>('node', 'show', name)).status;
    assert.deepEqual([await status('stay1'), await status('stay2')], ['stopped', 'stopped']);
    assert.equal(await status('one'), 'running', 'one that it did not start is none of its business');

    const crashing = place.start(['run', '--blocking', '--inline', recipe]);
    await crashing.says('Waiting for stay1, stay2');
    await place.ok('node', 'stop', 'stay1');
    const { pid } = await place.json<{ pid: number }>('node', 'show', 'stay2');
    process.kill(pid, 'SIGKILL');
    const failed = await crashing.ended;
    assert.equal(failed.code, 70);
    assert.match(failed.stderr, /not all nodes came to their end: stay2\n/);

    const nothing = await place.run(['run', '--blocking', '--inline', 'identities: [you]']);
    assert.equal(nothing.code, 0, nothing.stderr);
  });

  test('stops at the first failure and takes nothing back', async () => {
    const { code, stderr } = await place.run(['run', '--inline', 'nodes: [three, one, four]']);
    assert.equal(code, 70);
    assert.match(stderr, /Node one has been already created/);
    const nodes = await place.ok('node', 'list');
    assert.match(nodes, /"three"/);
    assert.doesNotMatch(nodes, /"four"/);
  });
});
