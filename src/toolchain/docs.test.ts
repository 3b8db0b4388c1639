import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { BUNDLE_FILE } from './index.ts';
import { standIn, temporaryProject } from './testdata/project.ts';
import { runApplication } from './testdata/running.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PAGE = readFileSync(path.join(ROOT, 'docs/functions.md'), 'utf8');
/** Code blocks that name a file. */
const FILES = Object.fromEntries([...PAGE.matchAll(/^```\w+ (\S+)\n([\s\S]*?)^```$/gm)].map((match) => match.slice(1)));
const COMMANDS = /## 2 [\s\S]*?^```sh\n([\s\S]*?)^```$/m.exec(PAGE)?.[1] ?? '';

suite('docs/functions.md', { skip: process.platform === 'win32' && 'its commands are for a shell' }, () => {
  test('describes an application and commands that work as it says', async () => {
    assert.equal(Object.keys(FILES).length, 4);
    assert.match(COMMANDS, /app check\n.*app build\n.*--stdin\n/);
    await using project = await temporaryProject(FILES);
    await using programs = await temporaryProject();
    const command = path.join(ROOT, 'bin/perigee');
    await standIn(programs, 'perigee', `process.argv[1] = ${JSON.stringify(command)}; import(process.argv[1]);\n`);
    const { stdout } = await promisify(execFile)('sh', ['-e', '-c', COMMANDS], {
      cwd: project.directory,
      env: { ...process.env, PATH: `${programs.directory}:${process.env['PATH']}`, PERIGEE_HOME: programs.directory },
    });
    assert.match(stdout, /read the application's static files/);
    assert.ok(stdout.endsWith('Good morning, Ada!\n'), stdout);

    await using app = await runApplication(await readFile(path.join(project.directory, BUNDLE_FILE)));
    const { status, headers, text } = await app.request('POST', '/greet', { body: 'Ada\n' });
    assert.deepEqual([status, text], [200, 'Good morning, Ada!\n']);
    assert.equal(headers['content-type'], 'text/plain; charset=utf-8');
    assert.equal((await app.request('POST', '/greet')).status, 400);
  });
});
