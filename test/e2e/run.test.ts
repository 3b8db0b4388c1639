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

  test('stops at the first failure and takes nothing back', async () => {
    const { code, stderr } = await place.run(['run', '--inline', 'nodes: [three, one, four]']);
    assert.equal(code, 70);
    assert.match(stderr, /Node one has been already created/);
    const nodes = await place.ok('node', 'list');
    assert.match(nodes, /"three"/);
    assert.doesNotMatch(nodes, /"four"/);
  });
});
