import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { suite, test } from 'node:test';
import { promisify } from 'node:util';

const ROOT = path.join(import.meta.dirname, '..', '..');
const PAGE = readFileSync(path.join(ROOT, 'docs', 'library.md'), 'utf8');
/** Code blocks that name a file, each with what it prints. */
const EXAMPLES = [...PAGE.matchAll(/^```ts (\S+)\n([\s\S]*?)^```\n\n```text\n([\s\S]*?)^```$/gm)].map(
  ([, file = '', code = '', output = '']) => ({ file, code, output }),
);
/** In the checkout the doors of the package lead to the sources. */
const SOURCES = '--conditions=perigee-source';
const execute = promisify(execFile);

suite('docs/library.md', { concurrency: 2 }, () => {
  test('shows every example', () => {
    const files = globSync('examples/library/*.ts', { cwd: ROOT }).map((file) => file.replaceAll(path.sep, '/'));
    assert.ok(files.length >= 4);
    assert.deepEqual(EXAMPLES.map(({ file }) => file).sort(), files.sort());
  });

  for (const { file, code, output } of EXAMPLES) {
    test(`${file} is as the page has it, and does what the page says`, async () => {
      assert.equal(code, readFileSync(path.join(ROOT, file), 'utf8'));
      const { stdout, stderr } = await execute(process.execPath, [SOURCES, path.join(ROOT, file)], { timeout: 60_000 });
      assert.deepEqual([stdout, stderr], [output, '']);
    });
  }

  test('names every door of the package', () => {
    const { exports } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { exports: object };
    const doors = Object.keys(exports).filter((name) => name !== './package.json');
    const missing = doors.filter((name) => !PAGE.includes(`\`perigee${name.slice(1)}\``));
    assert.deepEqual(missing, []);
  });
});
