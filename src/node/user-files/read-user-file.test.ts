import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, suite, test } from 'node:test';
import { readUserFile } from './index.ts';

suite('a file that a user names', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'perigee-user-files-'));
  after(() => rmSync(directory, { recursive: true }));
  const fileOf = (bytes: Uint8Array): string => {
    const file = path.join(directory, 'file');
    writeFileSync(file, bytes);
    return file;
  };

  test('is read as it is, up to the bound and not beyond it', async () => {
    for (const size of [0, 1, 65_535, 65_536, 65_537, 300_000]) {
      const bytes = Uint8Array.from({ length: size }, (_, i) => i * 31);
      const file = fileOf(bytes);
      assert.deepEqual(await readUserFile(file, size), bytes, `${size} bytes`);
      if (size === 0) continue;
      await assert.rejects(readUserFile(file, size - 1), {
        code: 'NODE_INPUT',
        message: new RegExp(`has more than ${size - 1} bytes`),
      });
    }
  });

  test('that has no end is given up at the bound', { skip: process.platform === 'win32' }, async () => {
    await assert.rejects(readUserFile('/dev/zero', 200_000), { code: 'NODE_INPUT' });
  });

  test('may be a pipe', { skip: process.platform === 'win32' }, async () => {
    const pipe = path.join(directory, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const writer = spawn('sh', ['-c', 'exec >"$1"; printf ab; printf cd', 'sh', pipe], { stdio: 'ignore' });
    try {
      assert.equal(Buffer.from(await readUserFile(pipe, 4)).toString(), 'abcd');
    } finally {
      writer.kill();
    }
  });

  test('that is not there, or a folder, is the error of the system', async () => {
    await assert.rejects(readUserFile(path.join(directory, 'none'), 1), { code: 'ENOENT' });
    await assert.rejects(readUserFile(directory, 1), { code: 'EISDIR' });
  });
});
