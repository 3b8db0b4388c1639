import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, suite, test } from 'node:test';
import { echo } from '../support/guests.ts';
import { createPlace, DEMO_BUNDLE } from './world.ts';

const DIRECTIVE = `identifier: com.example.echo
appVersion: v1.0.0
atmoVersion: v0.4.8
handlers:
  - type: request
    method: POST
    resource: /echo
    steps:
      - fn: echo
`;

interface Report {
  readonly findings: readonly { readonly severity: string }[];
  readonly functions: readonly { readonly name: string; readonly may: readonly string[] }[];
}

suite('applications', { concurrency: 2 }, () => {
  const place = createPlace();
  after(place.close);

  test('a bundle is checked: what each of its functions may do', async () => {
    const report = await place.json<Report>('app', 'check', DEMO_BUNDLE);
    assert.deepEqual(report.findings, []);
    const fetching = report.functions.find(({ name }) => name === 'fetch');
    assert.ok(fetching?.may.some((line) => line.includes('send HTTP requests over https to example.com')));
  });

  test('a project is built, and served; one that is wrong is told with every place', async () => {
    const directory = path.join(place.directory, 'project');
    mkdirSync(path.join(directory, 'echo'), { recursive: true });
    writeFileSync(path.join(directory, 'echo', '.runnable.yaml'), 'name: echo\nlang: wat\n');
    writeFileSync(path.join(directory, 'echo', 'echo.wasm'), echo());
    const file = path.join(directory, 'Directive.yaml');
    writeFileSync(file, DIRECTIVE);
    const bundle = await place.ok('app', 'build', directory);
    assert.equal(bundle, path.join(directory, 'modules.wasm.zip'));
    const { stdout } = await place.run(['sat', 'run', bundle, '--workers', '1', '--stdin'], { stdin: 'built' });
    assert.equal(stdout, 'built');

    writeFileSync(file, DIRECTIVE.replace('fn: echo', 'fn: nobody').replace('appVersion: v1.0.0', 'appVersion: one'));
    for (const verb of ['check', 'build']) {
      const { code, stderr } = await place.run(['app', verb, directory]);
      assert.equal(code, 70);
      assert.match(stderr, /Directive\.yaml:2:\d+ DIRECTIVE_APP_VERSION /);
      assert.match(stderr, /Directive\.yaml:\d+:\d+ DIRECTIVE_FUNCTION_UNKNOWN .*nobody/);
    }
  });

  test('a folder without an application, and a file that is none', async () => {
    const none = await place.run(['app', 'build', place.directory]);
    assert.equal(none.code, 70);
    assert.match(none.stderr, /code: TOOLCHAIN_/);
    const text = path.join(place.directory, 'text.zip');
    writeFileSync(text, 'nothing');
    assert.equal((await place.run(['app', 'check', text])).code, 70);
  });
});
