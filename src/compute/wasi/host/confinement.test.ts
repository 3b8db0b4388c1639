import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { bareWasi, noDirectories, temporaryFolder } from '../../../../test/support/wasi-guest.ts';

const skip = { skip: noDirectories };

/** What is granted is `data`; `data/sub/name` is the guest's, `outside/name` is not. */
function world(): { folder: ReturnType<typeof temporaryFolder>; at: (...names: string[]) => string } {
  const folder = temporaryFolder();
  const at = (...names: string[]): string => path.join(folder.path, ...names);
  mkdirSync(at('data/sub'), { recursive: true });
  mkdirSync(at('outside'));
  writeFileSync(at('data/sub/name'), 'mine');
  writeFileSync(at('outside/name'), 'secret');
  symlinkSync('../outside', at('data/sub-link'));
  writeFileSync(at('data/file'), 'mine');
  symlinkSync('../outside/name', at('data/file-link'));
  return { folder, at };
}

function guestOf(hostPath: string): ReturnType<typeof bareWasi> {
  return bareWasi({ grant: { directories: [{ guestPath: '/', hostPath, writable: true }] }, handles: 4096 });
}

test('what is open stays what it was, whatever takes its name', skip, async () => {
  const { folder, at } = world();
  using _ = folder;
  await using guest = guestOf(at('data'));
  const sub = await guest.open('sub', { oflags: 2 });
  const file = await guest.open('name', { from: sub });
  renameSync(at('data/sub'), at('data/old'));
  symlinkSync('../outside', at('data/sub'));
  assert.equal(await guest.read(await guest.open('name', { from: sub })), 'mine');
  assert.equal(await guest.read(file), 'mine');
  assert.equal(await guest.open('sub/name'), -76);
  assert.equal(await guest.open('name', { oflags: 1 | 4, from: sub }), -20);
  assert.equal(await guest.call('path_unlink_file', sub, ...guest.put('name')), 0);
  assert.equal(readFileSync(at('outside/name'), 'utf8'), 'secret');
  assert.equal(existsSync(at('data/old/name')), false);
  renameSync(at('data'), at('moved'));
  symlinkSync('outside', at('data'));
  assert.equal(await guest.open('name'), -44, 'the granted directory itself was held as well');
});

/** Makes each of `names` what it is and a link to the outside in turn until the word is not 0; counts in the next word. */
const SWAPPER = `
  const { workerData } = require('node:worker_threads');
  const { renameSync } = require('node:fs');
  const { folder, names, word } = workerData;
  while (Atomics.load(word, 0) === 0) {
    for (const name of names) {
      const [own, link, kept] = ['', '-link', '-kept'].map((end) => folder + '/' + name + end);
      renameSync(own, kept);
      renameSync(link, own);
      renameSync(own, link);
      renameSync(kept, own);
    }
    Atomics.add(word, 1, 1);
    Atomics.notify(word, 1);
  }
`;

/** Runs `body` while the names are swapped, and ends the swapping; asserts that it went on. */
async function whileSwapping(folder: string, names: readonly string[], body: () => Promise<void>): Promise<void> {
  const word = new Int32Array(new SharedArrayBuffer(8));
  const swapper = new Worker(SWAPPER, { eval: true, workerData: { folder, names, word } });
  await Atomics.waitAsync(word, 1, 0).value;
  try {
    await body();
  } finally {
    Atomics.store(word, 0, 1);
    await new Promise((resolve) => swapper.once('exit', resolve));
  }
  assert.ok(Atomics.load(word, 1) > 10, 'names were swapped meanwhile');
}

test('files that become links while they are opened do not let it out', skip, async () => {
  const { folder, at } = world();
  using _ = folder;
  await using guest = guestOf(at('data'));
  const seen = new Set<string | number>();
  await whileSwapping(at('data'), ['file'], async () => {
    for (let round = 0; round < 600; round++) {
      const fd = await guest.open('file', { rights: 2n, follow: round % 2 === 0 });
      seen.add(fd < 0 ? fd : await guest.read(fd));
      if (fd > 0) await guest.call('fd_close', fd);
      const writer = await guest.open('file', { oflags: 1, flags: 1, follow: round % 2 === 0 });
      if (writer > 0) {
        await guest.write(writer, '!');
        await guest.call('fd_close', writer);
      }
    }
  });
  assert.ok(
    [...seen].every((result) => typeof result === 'number' || /^(?:mine)?!*$/.test(result)),
    String([...seen]),
  );
  assert.equal(readFileSync(at('outside/name'), 'utf8'), 'secret');
});

test('directories that become links while a path is looked up do not let it out', skip, async () => {
  const { folder, at } = world();
  using _ = folder;
  await using guest = guestOf(at('data'));
  const seen = new Map<string | number, number>();
  const note = (result: string | number): void => void seen.set(result, (seen.get(result) ?? 0) + 1);
  const { call, put } = guest;
  await whileSwapping(at('data'), ['sub'], async () => {
    for (let round = 0; round < 300; round++) {
      const fd = await guest.open('sub/name', { rights: 2n });
      note(fd < 0 ? fd : await guest.read(fd));
      if (fd > 0) await call('fd_close', fd);
      await guest.open(`sub/new-${round}`, { oflags: 1 });
      await call('path_create_directory', 3, ...put(`sub/directory-${round}`));
      await call('path_link', 3, 0, ...put('sub/name'), 3, ...put(`linked-${round}`));
      await call('path_rename', 3, ...put('sub/name'), 3, ...put('taken'));
      await call('path_rename', 3, ...put('taken'), 3, ...put('sub/name'));
      await call('path_symlink', ...put('x'), 3, ...put(`sub/symlink-${round}`));
      await call('path_unlink_file', 3, ...put(`sub/symlink-${round}`));
      await call('path_filestat_set_times', 3, 1, ...put('sub/name'), 10n ** 9n, 10n ** 9n, 5);
    }
  });
  assert.equal(seen.has('secret'), false, JSON.stringify([...seen]));
  assert.deepEqual(readdirSync(at('outside')), ['name']);
  assert.equal(readFileSync(at('outside/name'), 'utf8'), 'secret');
});
