import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createServer } from 'node:net';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { type BareWasi, bareWasi, noDirectories, OUT, temporaryFolder } from '../../../test/support/wasi-guest.ts';

const skip = { skip: noDirectories };
const CREATE = 1;
const DIRECTORY = 2;
const EXCLUSIVE = 4;
const TRUNCATE = 8;

/**
 * `outside` with a secret in it, and beside it what is granted: `data` (3, writable) and `fixed` (4, to read); each has `file`
 * and `sub/deep`.
 */
function world(): { folder: ReturnType<typeof temporaryFolder>; at: (...names: string[]) => string; wasi: BareWasi } {
  const folder = temporaryFolder();
  const at = (...names: string[]): string => path.join(folder.path, ...names);
  mkdirSync(at('outside'));
  writeFileSync(at('outside/secret'), 'secret');
  for (const name of ['data', 'fixed']) {
    mkdirSync(at(name, 'sub'), { recursive: true });
    writeFileSync(at(name, 'file'), name);
    writeFileSync(at(name, 'sub/deep'), 'deep');
  }
  const directories = [
    { guestPath: '/data', hostPath: at('data'), writable: true },
    { guestPath: '/fixed', hostPath: at('fixed'), writable: false },
  ];
  return { folder, at, wasi: bareWasi({ grant: { directories } }) };
}

test('granted directories have their names and types', skip, async () => {
  const { folder, wasi } = world();
  using _ = folder;
  await using guest = wasi;
  const { call, memory } = guest;
  assert.equal(call('fd_prestat_get', 3, OUT), 0);
  assert.deepEqual([memory.readU32(OUT), memory.readU32(OUT + 4)], [0, 5]);
  assert.equal(call('fd_prestat_dir_name', 3, OUT, 5), 0);
  assert.equal(memory.text(OUT, 5), '/data');
  assert.equal(call('fd_prestat_dir_name', 4, OUT, 5), 37);
  assert.equal(call('fd_prestat_dir_name', 4, OUT, 9), 0);
  assert.equal(memory.text(OUT, 6), '/fixed');
  assert.equal(call('fd_prestat_get', 5, OUT), 8);
  assert.equal(call('fd_prestat_get', 0, OUT), 8);
  assert.equal(call('fd_fdstat_get', 3, OUT), 0);
  assert.equal(memory.readU8(OUT), 3);
});

test('opening creates, truncates and refuses as the flags say', skip, async () => {
  const { folder, at, wasi } = world();
  using _ = folder;
  await using guest = wasi;
  const { open } = guest;
  assert.equal(await open('new'), -44);
  const made = await open('new', { oflags: CREATE | EXCLUSIVE });
  assert.equal(await guest.write(made, 'made'), 0);
  assert.equal(readFileSync(at('data/new'), 'utf8'), 'made');
  assert.equal(await open('new', { oflags: CREATE | EXCLUSIVE }), -20);
  assert.ok((await open('new', { oflags: CREATE })) > 0);
  assert.equal(readFileSync(at('data/new'), 'utf8'), 'made');
  assert.ok((await open('new', { oflags: TRUNCATE })) > 0);
  assert.equal(readFileSync(at('data/new'), 'utf8'), '');
  assert.equal(await open('file', { oflags: DIRECTORY }), -54);
  assert.ok((await open('sub', { oflags: DIRECTORY })) > 0);
  assert.ok((await open('sub', { rights: 2n })) > 0);
  assert.equal(await open('sub'), -31);
  assert.equal(await open('sub', { oflags: TRUNCATE, rights: 2n }), -31);
  assert.equal(await open('sub', { oflags: CREATE | DIRECTORY }), -28);
  assert.equal(await open('x/', { oflags: CREATE }), -31);
  assert.equal(await open('file/'), -54);
  assert.equal(await open('file/x'), -54);
  assert.equal(await open('missing/x'), -44);
  assert.equal(await open('file', { oflags: 16 }), -28);
  assert.equal(await open('file', { flags: 32 }), -28);
  assert.equal(await guest.call('path_open', 3, 2, ...guest.put('file'), 0, 0n, 0n, 0, OUT), 28);
  assert.equal(await guest.call('path_open', 3, 0, ...guest.put('file'), 0, 0n, 0n, 0, guest.memory.size - 3), 21);
  assert.equal(await guest.call('path_open', 3, 0, guest.memory.size, 4, 0, 0n, 0n, 0, OUT), 21);
  assert.equal(existsSync(at('data/x')), false);
});

test('a subdirectory is the top of what is opened in it', skip, async () => {
  const { folder, wasi } = world();
  using _ = folder;
  await using guest = wasi;
  const sub = await guest.open('sub', { oflags: DIRECTORY });
  assert.equal(await guest.read(await guest.open('deep', { from: sub })), 'deep');
  assert.equal(await guest.read(await guest.open('./x/../deep', { from: sub })), 8, 'x is not there');
  assert.equal(await guest.open('../file', { from: sub }), -76);
  assert.equal(await guest.read(await guest.open('sub/../file')), 'data');
});

test('no path leads out: dots, absolute paths, NUL, what is no UTF-8, what is too long', skip, async () => {
  const { folder, at, wasi } = world();
  using _ = folder;
  await using guest = wasi;
  const { call, put, open } = guest;
  const paths: [string | Uint8Array, number][] = [
    ['..', 76],
    ['../outside/secret', 76],
    ['sub/../../outside/secret', 76],
    ['sub/../sub/../../data/file', 76],
    ['./../data/file', 76],
    ['/etc/passwd', 76],
    ['/', 76],
    [at('data/file'), 76],
    ['', 44],
    ['file\0', 28],
    ['sub\0/../../outside/secret', 28],
    [Uint8Array.of(0x66, 0xff), 25],
    [Uint8Array.of(0xed, 0xa0, 0x80), 25],
    ['x'.repeat(256), 37],
    [`${'x/'.repeat(2048)}y`, 37],
    [`${'./'.repeat(1500)}file`, 37],
  ];
  for (const [name, errno] of paths) {
    const label = typeof name === 'string' ? name.slice(0, 40) : String(name);
    assert.equal(await call('path_open', 3, 1, ...put(name), 0, 2n, 0n, 0, OUT), errno, label);
    assert.equal(await call('path_filestat_get', 3, 0, ...put(name), OUT), name === '..' ? 76 : errno, label);
    assert.equal(await call('path_unlink_file', 3, ...put(name)), errno, label);
    assert.equal(await call('path_rename', 3, ...put(name), 3, ...put('moved')), errno, label);
    assert.equal(await call('path_rename', 3, ...put('file'), 3, ...put(name)), errno, label);
    assert.equal(await call('path_link', 3, 0, ...put('file'), 3, ...put(name)), errno, label);
    assert.equal(await call('path_symlink', ...put('file'), 3, ...put(name)), errno, label);
    assert.equal(await call('path_create_directory', 3, ...put(name)), errno, label);
  }
  assert.equal(await open('file', { from: 99 }), -8);
  assert.equal(await open('file', { from: 1 }), -54);
});

test('a link is followed within the directory, and in no case out of it', skip, async () => {
  const { folder, at, wasi } = world();
  using _ = folder;
  await using guest = wasi;
  const { open, read } = guest;
  const links: [name: string, target: string][] = [
    ['inside', 'sub/deep'],
    ['up-and-down', 'sub/../file'],
    ['directory', 'sub'],
    ['sub/back', '../file'],
    ['chain', 'inside'],
    ['out', '../outside/secret'],
    ['out-directory', '../outside'],
    ['absolute', at('outside/secret')],
    ['absolute-inside', at('data/file')],
    ['chain-out', 'out-directory'],
    ['sub/out', '../../outside/secret'],
    ['loop-a', 'loop-b'],
    ['loop-b', 'loop-a'],
    ['self', 'self'],
    ['dangling', 'made-through-link'],
    ['dangling-out', '../outside/made'],
    ['process', '/proc/self/root/etc'],
  ];
  for (const [name, target] of links) symlinkSync(target, at('data', name));
  const expected: [string, string | number][] = [
    ['inside', 'deep'],
    ['up-and-down', 'data'],
    ['directory/deep', 'deep'],
    ['sub/back', 'data'],
    ['directory/back', 'data'],
    ['chain', 'deep'],
    ['out', -76],
    ['out-directory/secret', -76],
    ['absolute', -76],
    ['absolute-inside', -76],
    ['chain-out/secret', -76],
    ['sub/out', -76],
    ['loop-a', -32],
    ['loop-a/x', -32],
    ['self', -32],
    ['dangling', -44],
    ['dangling-out', -76],
    ['process/passwd', -76],
    ['inside/', -54],
    ['inside/../file', -54],
  ];
  for (const [name, result] of expected) {
    const fd = await open(name, { rights: 2n });
    assert.deepEqual(fd < 0 ? fd : await read(fd), result, name);
    if (fd > 0) await guest.call('fd_close', fd);
  }
  assert.equal(await open('inside', { follow: false }), -32);
  assert.equal(await open('dangling-out', { oflags: CREATE }), -76);
  assert.ok((await open('dangling', { oflags: CREATE })) > 0);
  assert.ok(existsSync(at('data/made-through-link')));
  assert.equal(existsSync(at('outside/made')), false);
});

test('a chain of links ends at a bound', skip, async () => {
  const { folder, at, wasi } = world();
  using _ = folder;
  await using guest = wasi;
  symlinkSync('file', at('data/l0'));
  for (let i = 1; i < 40; i++) symlinkSync(`l${i - 1}`, at(`data/l${i}`));
  assert.equal(await guest.read(await guest.open('l31', { rights: 2n })), 'data');
  assert.equal(await guest.open('l32', { rights: 2n }), -32);
  symlinkSync(`${'d/'.repeat(1000)}x`, at('data/d'));
  assert.equal(await guest.open('d/x'), -32);
  mkdirSync(at('data', 'n/'.repeat(70)), { recursive: true });
  assert.equal(await guest.open(`${'n/'.repeat(63)}n`, { oflags: DIRECTORY }), 6);
  assert.equal(await guest.open(`${'n/'.repeat(66)}n`, { oflags: DIRECTORY }), -37);
});

test('devices, pipes and sockets are not opened', skip, async () => {
  const { folder, at, wasi } = world();
  using _ = folder;
  await using guest = wasi;
  execFileSync('mkfifo', [at('data/pipe')]);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(at('data/socket'), resolve));
  for (const rights of [2n, 64n]) {
    assert.equal(await guest.open('pipe', { rights }), -76);
    assert.equal(await guest.open('socket', { rights }), -76);
  }
  assert.equal(await guest.call('path_filestat_get', 3, 0, ...guest.put('socket'), OUT), 0);
  assert.equal(guest.memory.readU8(OUT + 16), 6);
  server.close();
  const devices = bareWasi({ grant: { directories: [{ guestPath: '/', hostPath: '/dev', writable: false }] } });
  assert.equal(await devices.open('null', { rights: 2n }), -76);
  await devices[Symbol.asyncDispose]();
});

test('in a read-only directory nothing changes', skip, async () => {
  const { folder, at, wasi } = world();
  using _ = folder;
  await using guest = wasi;
  const { call, put, open } = guest;
  const fixed = { from: 4 };
  const reader = await open('file', { ...fixed, rights: 2n | 4n | (1n << 22n) | (1n << 23n) });
  assert.equal(await guest.read(reader), 'fixed');
  assert.equal(await guest.write(reader, 'x'), 76);
  assert.equal(await call('fd_filestat_set_size', reader, 0n), 76);
  assert.equal(await call('fd_filestat_set_times', reader, 0n, 0n, 10), 76);
  assert.equal(await open('file', fixed), -69);
  assert.equal(await open('file', { ...fixed, rights: 64n }), -69);
  assert.equal(await open('new', { ...fixed, rights: 2n, oflags: CREATE }), -69);
  assert.equal(await open('file', { ...fixed, rights: 2n, oflags: TRUNCATE }), -69);
  const sub = await open('sub', { ...fixed, oflags: DIRECTORY });
  assert.equal(await open('deep', { from: sub }), -69);
  assert.equal(await call('path_unlink_file', sub, ...put('deep')), 69);
  assert.equal(await call('path_create_directory', 4, ...put('x')), 69);
  assert.equal(await call('path_remove_directory', 4, ...put('sub')), 69);
  assert.equal(await call('path_unlink_file', 4, ...put('file')), 69);
  assert.equal(await call('path_symlink', ...put('file'), 4, ...put('x')), 69);
  assert.equal(await call('path_filestat_set_times', 4, 0, ...put('file'), 0n, 0n, 10), 69);
  for (const [from, to] of [
    [4, 4],
    [4, 3],
    [3, 4],
  ] as const) {
    assert.equal(await call('path_link', from, 0, ...put('file'), to, ...put('linked')), 69);
    assert.equal(await call('path_rename', from, ...put('file'), to, ...put('moved')), 69);
  }
  assert.equal(await call('fd_filestat_set_times', 4, 0n, 0n, 10), 69);
  assert.equal(readFileSync(at('fixed/file'), 'utf8'), 'fixed');
  assert.equal(readFileSync(at('data/file'), 'utf8'), 'data');
});

test('the host holds to what was granted even if the thread of the guest does not', skip, async () => {
  const { folder, wasi } = world();
  using _ = folder;
  await using guest = wasi;
  const { state } = guest;
  const forged = state.descriptors.get(4);
  assert.equal(forged.kind, 'directory');
  Object.assign(forged, { writable: true, rights: 0xfffffffn, inheriting: 0xfffffffn });
  assert.equal(await guest.open('file', { from: 4 }), -69);
  assert.equal(await guest.call('path_unlink_file', 4, ...guest.put('file')), 69);
  assert.equal(await guest.call('path_link', 4, 0, ...guest.put('file'), 3, ...guest.put('x')), 69);
  assert.equal(await guest.call('fd_filestat_set_times', 4, 0n, 0n, 10), 69);
  Object.assign(forged, { handle: 77 });
  assert.equal(await guest.open('file', { from: 4 }), -8);
  const fd = await guest.open('file', { rights: 2n });
  Object.assign(state.descriptors.get(fd), { rights: 0xfffffffn });
  assert.equal(await guest.write(fd, 'x'), 76);
});

test('what is known of a file', skip, async () => {
  const { folder, at, wasi } = world();
  using _ = folder;
  await using guest = wasi;
  const { call, put, memory } = guest;
  symlinkSync('file', at('data/link'));
  const stat = async (name: string, follow: number): Promise<(number | bigint | undefined)[] | number> => {
    const errno = await call('path_filestat_get', 3, follow, ...put(name), OUT);
    if (errno !== 0) return errno;
    return [memory.readU8(OUT + 16), memory.readU64(OUT + 8), memory.readU64(OUT + 32)];
  };
  const inode = (name: string): bigint => lstatSync(at('data', name), { bigint: true }).ino;
  assert.deepEqual(await stat('file', 0), [4, inode('file'), 4n]);
  assert.deepEqual(await stat('link', 1), [4, inode('file'), 4n]);
  assert.deepEqual(await stat('link', 0), [7, inode('link'), 4n]);
  assert.deepEqual(await stat('.', 0), [3, inode('.'), statSync(at('data'), { bigint: true }).size]);
  assert.equal(await stat('link/', 0), 54);
  assert.equal(await stat('missing', 0), 44);
  assert.equal(await stat('file', 2), 28);
  assert.equal(await call('path_filestat_get', 3, 0, ...put('file'), memory.size - 63), 21);
  const times = 5 as const;
  assert.equal(await call('path_filestat_set_times', 3, 0, ...put('link'), 10n ** 9n, 10n ** 9n, times), 0);
  assert.equal(lstatSync(at('data/link')).mtimeMs, 1000);
  assert.equal(await call('path_filestat_set_times', 3, 1, ...put('link'), 2n * 10n ** 9n, 2n * 10n ** 9n, times), 0);
  assert.equal(lstatSync(at('data/file')).mtimeMs, 2000);
  assert.equal(lstatSync(at('data/link')).mtimeMs, 1000);
  assert.equal(await call('path_filestat_set_times', 3, 0, ...put('.'), 0n, 3n * 10n ** 9n, 4), 0);
  assert.equal(lstatSync(at('data')).mtimeMs, 3000);
  assert.equal(await call('path_filestat_set_times', 3, 0, ...put('file'), 0n, 0n, 3), 28);
});

test('directories and files are made, moved and removed', skip, async () => {
  const { folder, at, wasi } = world();
  using _ = folder;
  await using guest = wasi;
  const { call, put } = guest;
  assert.equal(await call('path_create_directory', 3, ...put('a')), 0);
  assert.equal(await call('path_create_directory', 3, ...put('a/')), 20);
  assert.equal(await call('path_create_directory', 3, ...put('b/')), 0);
  assert.equal(await call('path_create_directory', 3, ...put('.')), 20);
  assert.equal(await call('path_remove_directory', 3, ...put('sub')), 55);
  assert.equal(await call('path_remove_directory', 3, ...put('file')), 54);
  assert.equal(await call('path_remove_directory', 3, ...put('sub/..')), 28);
  assert.equal(await call('path_remove_directory', 3, ...put('b')), 0);
  assert.equal(await call('path_unlink_file', 3, ...put('a')), 31);
  assert.equal(await call('path_unlink_file', 3, ...put('a/')), 31);
  assert.equal(await call('path_unlink_file', 3, ...put('file/')), 54);
  assert.equal(await call('path_rename', 3, ...put('file'), 3, ...put('a/moved')), 0);
  assert.equal(await call('path_rename', 3, ...put('a/moved/'), 3, ...put('x')), 54);
  assert.equal(await call('path_rename', 3, ...put('a'), 3, ...put('sub/a')), 0);
  assert.equal(await call('path_rename', 3, ...put('sub'), 3, ...put('sub/a/b')), 28);
  assert.equal(await call('path_rename', 3, ...put('.'), 3, ...put('x')), 28);
  assert.equal(readFileSync(at('data/sub/a/moved'), 'utf8'), 'data');
  assert.equal(await call('path_unlink_file', 3, ...put('sub/a/moved')), 0);
  assert.equal(await call('path_unlink_file', 3, ...put('sub/a/moved')), 44);
});

test('links are made and read; one that leads out is not made', skip, async () => {
  const { folder, at, wasi } = world();
  using _ = folder;
  await using guest = wasi;
  const { call, put, memory } = guest;
  const link = (target: string, name: string): number | Promise<number> =>
    call('path_symlink', ...put(target), 3, ...put(name));
  assert.equal(await link('sub/deep', 'link'), 0);
  assert.equal(await link('../../outside/secret', 'sub/out'), 76);
  assert.equal(await link('../outside/secret', 'out'), 76);
  assert.equal(await link('x/../../outside', 'out'), 76);
  assert.equal(await link('sub/../file', 'out'), 76, 'what looks harmless depends on what the names before are');
  assert.equal(await link('/etc/passwd', 'out'), 76);
  assert.equal(await link('', 'empty'), 44);
  assert.equal(await link('file', 'link'), 20);
  assert.equal(await link('file', 'sub/..'), 20);
  assert.equal(await link('file', 'x/'), 44);
  assert.equal(readlinkSync(at('data/link')), 'sub/deep');
  assert.equal(await call('path_readlink', 3, ...put('link'), 256, 100, OUT), 0);
  assert.equal(memory.text(256, memory.readU32(OUT) ?? 0), 'sub/deep');
  assert.equal(await call('path_readlink', 3, ...put('link'), 256, 3, OUT), 0);
  assert.equal(memory.readU32(OUT), 3);
  assert.equal(await call('path_readlink', 3, ...put('file'), 256, 3, OUT), 28);
  assert.equal(await call('path_readlink', 3, ...put('.'), 256, 3, OUT), 28);
  assert.equal(await call('path_readlink', 3, ...put('link'), memory.size - 2, 3, OUT), 21);
  assert.equal(await call('path_readlink', 3, ...put('link'), 256, 3, memory.size - 3), 21);

  assert.equal(await call('path_link', 3, 0, ...put('file'), 3, ...put('second')), 0);
  assert.equal(lstatSync(at('data/second')).nlink, 2);
  assert.equal(await call('path_link', 3, 0, ...put('file'), 3, ...put('second')), 20);
  assert.equal(await call('path_link', 3, 0, ...put('sub'), 3, ...put('third')), 63);
  assert.equal(await call('path_link', 3, 0, ...put('file/'), 3, ...put('third')), 54);
  assert.equal(await call('path_link', 3, 0, ...put('file'), 3, ...put('third/')), 44);
  assert.equal(await call('path_link', 3, 1, ...put('link'), 3, ...put('third')), 0);
  assert.ok(lstatSync(at('data/third')).isFile());
  assert.equal(await call('path_link', 3, 0, ...put('link'), 3, ...put('fourth')), 0);
  assert.ok(lstatSync(at('data/fourth')).isSymbolicLink());
});

test('a granted directory that is not there is an errno', skip, async () => {
  const { folder, at } = world();
  using _ = folder;
  const directories = [
    { guestPath: '/missing', hostPath: at('missing'), writable: true },
    { guestPath: '/file', hostPath: at('data/file'), writable: true },
  ];
  await using guest = bareWasi({ grant: { directories } });
  assert.equal(await guest.open('x'), -44);
  assert.equal(await guest.open('x', { from: 4 }), -54);
});

test('snapshot 0: `wasi_unstable` has another filestat and another order of whence', skip, async () => {
  const { folder, at } = world();
  using _ = folder;
  const directories = [{ guestPath: '/', hostPath: at('data'), writable: true }];
  await using guest = bareWasi({ grant: { directories }, snapshot: 0 });
  const { call, memory, put } = guest;
  memory.writeU64(OUT + 56, 42n);
  assert.equal(await call('path_filestat_get', 3, 0, ...put('file'), OUT), 0);
  const { ino, mtimeNs } = lstatSync(at('data/file'), { bigint: true });
  assert.deepEqual([memory.readU64(OUT + 8), memory.readU8(OUT + 16), memory.readU32(OUT + 20)], [ino, 4, 1]);
  assert.deepEqual([memory.readU64(OUT + 24), memory.readU64(OUT + 40), memory.readU64(OUT + 56)], [4n, mtimeNs, 42n]);
  assert.equal(await call('path_filestat_get', 3, 0, ...put('file'), memory.size - 56), 0);
  const fd = await guest.open('file');
  const seeks: [bigint, number, bigint][] = [
    [3n, 2, 3n],
    [-1n, 0, 2n],
    [-3n, 1, 1n],
  ];
  for (const [offset, whence, position] of seeks) {
    assert.equal(await call('fd_seek', fd, offset, whence, OUT), 0);
    assert.equal(memory.readU64(OUT), position);
  }
});
