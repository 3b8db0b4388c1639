import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, suite, test } from 'node:test';
import { writeBundle } from '../../src/compute/bundle/index.ts';
import { noDirectories, wasiProgram } from '../support/wasi-guest.ts';
import { createPlace, until } from './world.ts';

const MANIFEST = `identifier: com.example.test
appVersion: v1.0.0
atmoVersion: v0.4.8
handlers:
  - type: request
    method: POST
    resource: /program
    steps:
      - fn: program
runnables: [{ name: program, namespace: default }]
`;

suite('what the owner of a Sat grants of its machine', { skip: noDirectories }, () => {
  const [cloud, site] = [createPlace(), createPlace()];
  after(async () => {
    await site.close();
    await cloud.close();
  });

  test('holds for the functions of any gateway, and stays through a restart', async () => {
    const bundle = path.join(cloud.directory, 'bundle.zip');
    const modules = [{ namespace: 'default', name: 'program', bytes: wasiProgram() }];
    writeFileSync(
      bundle,
      await writeBundle({ kind: 'directive', manifest: MANIFEST, modules, staticFiles: new Map() }),
    );
    for (const name of ['fixed', 'open']) mkdirSync(path.join(site.directory, name));
    writeFileSync(path.join(site.directory, 'fixed', 'name'), 'contents');
    await cloud.ok('project', 'create', 'default', 'sky');
    await cloud.ok('gateway', 'create', '--bundle', bundle, '--http', '127.0.0.1:0');
    const ticket = await cloud.ok('-q', 'project', 'ticket', '--sat', 'gateway');

    const args = ['sat', 'join', ticket, 'sat', '--workers', '1', '--wasi-arg', '--fast', '--wasi-env', 'NAME=value'];
    const isolated = await site.run([...args, '--wasi-dir', '/fixed=fixed', '--isolation', 'processes']);
    assert.match(isolated.stderr, /code: WASI_UNSUPPORTED/);
    assert.deepEqual(await site.json('node', 'list'), [], 'the ticket is not used up, and nothing was recorded');
    await site.ok(...args, '--wasi-dir', '/fixed=fixed', '--wasi-dir', '/open=open:rw');

    const { url } = await cloud.json<{ url: string }>('gateway', 'show');
    const ask = (): Promise<string> =>
      until(async () => {
        const response = await fetch(`${url}/program`, { method: 'POST' });
        const text = await response.text();
        if (response.status !== 503) assert.equal(response.status, 200, text);
        return response.status === 200 ? text : undefined;
      }, 'the Sat to answer');
    const expected = /^\S*program\S*\0--fast\0NAME=value\0contentsE\0$/;
    assert.match(await ask(), expected);
    assert.deepEqual(readdirSync(path.join(site.directory, 'open')), ['made']);
    await site.ok('node', 'stop', 'sat');
    await site.ok('node', 'start', 'sat');
    assert.match(await ask(), expected);
  });
});
