import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

const SOURCES = path.join(import.meta.dirname, '..', '..');

test('a server is there without the HTTP client of the web', () => {
  const program = `
    import { createServer, request } from ${JSON.stringify(path.join(import.meta.dirname, 'index.ts'))};
    const server = createServer((_, response) => response.end('x'));
    server.listen(0, '127.0.0.1', () => {
      request({ port: server.address().port }, (answer) => {
        answer.resume().on('end', () => {
          server.close();
          console.log(answer.statusCode, process.moduleLoadList.filter((name) => name.includes('undici')).length);
        });
      }).end();
    });`;
  const said = execFileSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' });
  assert.equal(said, '200 0\n');
});

test('nothing else of the program imports values of node:http', () => {
  const files = globSync('**/*.ts', { cwd: SOURCES, exclude: ['**/*.test.ts', '**/testdata/**'] });
  assert.ok(files.length > 100);
  const importing = files.filter((file) =>
    /(?:^|\n)import (?!type )[^;]*from 'node:http'|import\('node:http'\)/.test(
      readFileSync(path.join(SOURCES, file), 'utf8'),
    ),
  );
  assert.deepEqual(importing, []);
});
