import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import {
  ALL_RIGHTS,
  type BareWasi,
  bareWasi,
  noDirectories,
  OUT,
  temporaryFolder,
} from '../../../test/support/wasi-guest.ts';
import type { WasiGrant } from './host/index.ts';

const skip = { skip: noDirectories };

function granted(
  folder: string,
  writable = true,
  { handles, ...more }: Omit<WasiGrant, 'directories'> & { handles?: number } = {},
): BareWasi {
  const grant = { ...more, directories: [{ guestPath: '/', hostPath: folder, writable }] };
  return bareWasi({ grant, ...(handles !== undefined && { handles }) });
}

async function seek({ call, memory }: BareWasi, fd: number, offset: bigint, whence: number): Promise<bigint | number> {
  const errno = await call('fd_seek', fd, offset, whence, OUT);
  return errno === 0 ? (memory.readU64(OUT) ?? -1n) : errno;
}

test('a file is read and written where its position is, and elsewhere', skip, async () => {
  using folder = temporaryFolder();
  const file = path.join(folder.path, 'file');
  writeFileSync(file, '0123456789');
  await using wasi = granted(folder.path);
  const { call, vectors, memory } = wasi;
  const fd = await wasi.open('file');
  assert.equal(fd, 4);
  assert.equal(await wasi.read(fd, 4), '0123');
  assert.equal(await call('fd_tell', fd, OUT), 0);
  assert.equal(memory.readU64(OUT), 4n);
  assert.equal(await wasi.write(fd, 'xy'), 0);
  assert.equal(await wasi.read(fd), '6789');
  assert.equal(await wasi.read(fd), '');
  assert.equal(await seek(wasi, fd, 2n, 0), 2n);
  assert.equal(await seek(wasi, fd, 3n, 1), 5n);
  assert.equal(await wasi.read(fd, 1), 'y');
  assert.equal(await seek(wasi, fd, -1n, 2), 9n);
  assert.equal(await seek(wasi, fd, -10n, 1), 28);
  assert.equal(await seek(wasi, fd, 1n, 3), 28);
  assert.equal(await seek(wasi, fd, 0x7fffffffffffffffn, 0), 28);
  assert.equal(await call('fd_pwrite', fd, ...vectors('A', '', 'B'), 0n, OUT), 0);
  assert.equal(memory.readU32(OUT), 2);
  assert.equal(await call('fd_pread', fd, ...vectors(new Uint8Array(3)), 1n, OUT), 0);
  assert.equal(memory.readU32(OUT), 3);
  assert.equal(await call('fd_tell', fd, OUT), 0);
  assert.equal(memory.readU64(OUT), 9n);
  assert.equal(await call('fd_pread', fd, ...vectors('x'), -1n, OUT), 28);
  assert.equal(await call('fd_pread', fd, ...vectors('x'), 1n << 60n, OUT), 28);
  assert.equal(await call('fd_pwrite', fd, ...vectors('x'), 1n << 60n, OUT), 22);
  assert.equal(readFileSync(file, 'utf8'), 'AB23xy6789');
});

test('what is read fills one buffer after another, and the rest stays as it was', skip, async () => {
  using folder = temporaryFolder();
  writeFileSync(path.join(folder.path, 'file'), 'abcdef');
  await using wasi = granted(folder.path);
  const fd = await wasi.open('file');
  const [list, count] = wasi.vectors('....', '', '....', '..');
  assert.equal(await wasi.call('fd_read', fd, list, count, OUT), 0);
  assert.equal(wasi.memory.readU32(OUT), 6);
  const text = (index: number): string => {
    const at = list + index * 8;
    return wasi.memory.text(wasi.memory.readU32(at) ?? 0, wasi.memory.readU32(at + 4) ?? 0) ?? '';
  };
  assert.deepEqual([text(0), text(2), text(3)], ['abcd', 'ef..', '..']);
});

test('wrong pointers are found before anything is read or written', skip, async () => {
  using folder = temporaryFolder();
  const file = path.join(folder.path, 'file');
  writeFileSync(file, 'abc');
  await using wasi = granted(folder.path);
  const { call, vectors, memory, operations } = wasi;
  const fd = await wasi.open('file');
  const before = operations.length;
  const end = memory.size;
  const [list] = vectors('good', 'bad');
  memory.writeU32(list + 8, end - 1);
  for (const name of ['fd_read', 'fd_write'] as const) {
    assert.equal(await call(name, fd, list, 2, OUT), 21);
    assert.equal(await call(name, fd, ...vectors('x'), end - 3), 21);
    assert.equal(await call(name, fd, end - 7, 1, OUT), 21);
    assert.equal(await call(name, fd, 0, 1025, OUT), 28);
  }
  for (const name of ['fd_pread', 'fd_pwrite'] as const) {
    assert.equal(await call(name, fd, list, 2, 0n, OUT), 21);
    assert.equal(await call(name, fd, ...vectors('x'), 0n, end - 3), 21);
  }
  assert.equal(await call('fd_seek', fd, 0n, 0, end - 7), 21);
  assert.equal(await call('fd_tell', fd, end - 7), 21);
  assert.equal(await call('fd_fdstat_get', fd, end - 23), 21);
  assert.equal(await call('fd_filestat_get', fd, end - 63), 21);
  assert.equal(await call('fd_prestat_get', 3, end - 7), 21);
  assert.equal(await call('fd_prestat_dir_name', 3, end, 1), 21);
  assert.equal(await call('fd_readdir', 3, end - 30, 31, 0n, OUT), 21);
  assert.equal(await call('fd_readdir', 3, 64, 31, 0n, end - 3), 21);
  assert.equal(operations.length, before);
  assert.equal(readFileSync(file, 'utf8'), 'abc');
});

test('a piece is no larger than what may be transferred at once', skip, async () => {
  using folder = temporaryFolder();
  writeFileSync(path.join(folder.path, 'file'), 'x'.repeat(100));
  const directories = [{ guestPath: '/', hostPath: folder.path, writable: true }];
  await using wasi = bareWasi({ grant: { directories }, transferBytes: 10 });
  const fd = await wasi.open('file');
  assert.equal(await wasi.read(fd, 50), 'x'.repeat(10));
  assert.equal(await wasi.call('fd_write', fd, ...wasi.vectors('y'.repeat(8), 'z'.repeat(8)), OUT), 0);
  assert.equal(wasi.memory.readU32(OUT), 10);
});

test(
  'what is appended goes to the end, whoever else has written; the flag can be set and taken back',
  skip,
  async () => {
    using folder = temporaryFolder();
    const file = path.join(folder.path, 'log');
    writeFileSync(file, 'one ');
    await using wasi = granted(folder.path);
    const { call, memory } = wasi;
    const fd = await wasi.open('log', { flags: 1 });
    assert.equal(await wasi.write(fd, 'two '), 0);
    writeFileSync(file, 'three ', { flag: 'a' });
    assert.equal(await wasi.write(fd, 'four '), 0);
    assert.equal(readFileSync(file, 'utf8'), 'one two three four ');
    assert.equal(await call('fd_tell', fd, OUT), 0);
    assert.equal(memory.readU64(OUT), 19n);
    assert.equal(await call('fd_fdstat_set_flags', fd, 0), 0);
    assert.equal(await seek(wasi, fd, 0n, 0), 0n);
    assert.equal(await wasi.write(fd, 'ONE'), 0);
    assert.equal(await call('fd_fdstat_set_flags', fd, 1 | 2), 0);
    assert.equal(await wasi.write(fd, 'five'), 0);
    assert.equal(readFileSync(file, 'utf8'), 'ONE two three four five');
    assert.equal(await call('fd_fdstat_get', fd, OUT), 0);
    assert.equal(memory.readU16(OUT + 2), 3);
  },
);

test('a file can be cut off and extended, and its times can be set', skip, async () => {
  using folder = temporaryFolder();
  const file = path.join(folder.path, 'file');
  writeFileSync(file, 'abcdef');
  await using wasi = granted(folder.path);
  const { call, memory } = wasi;
  const fd = await wasi.open('file');
  assert.equal(await call('fd_filestat_set_size', fd, 3n), 0);
  assert.equal(await call('fd_filestat_set_size', fd, 5n), 0);
  assert.equal(readFileSync(file, 'utf8'), 'abc\0\0');
  assert.equal(await call('fd_filestat_set_size', fd, -1n), 22);
  const times = (): (bigint | undefined)[] => [memory.readU64(OUT + 40), memory.readU64(OUT + 48)];
  assert.equal(await call('fd_filestat_set_times', fd, 1_000_000_000n, 2_500_000_000n, 1 | 4), 0);
  assert.equal(await call('fd_filestat_get', fd, OUT), 0);
  assert.deepEqual(times(), [1_000_000_000n, 2_500_000_000n]);
  assert.equal(await call('fd_filestat_set_times', fd, 9n, 9n, 8), 0);
  assert.equal(await call('fd_filestat_get', fd, OUT), 0);
  assert.equal(times()[0], 1_000_000_000n);
  assert.ok(Number(times()[1]) > 1e18);
  assert.equal(await call('fd_filestat_set_times', fd, 0n, 0n, 3), 28);
  assert.equal(await call('fd_filestat_set_times', fd, 0n, 0n, 12), 28);
  assert.equal(await call('fd_filestat_set_times', fd, 0n, 0n, 16), 28);
  assert.equal(await call('fd_filestat_set_times', 3, 1_000_000_000n, 0n, 1), 0);
  assert.deepEqual([memory.readU8(OUT + 16), memory.readU64(OUT + 24), memory.readU64(OUT + 32)], [4, 1n, 5n]);
  for (const name of ['fd_sync', 'fd_datasync'] as const) assert.equal(await call(name, fd), 0);
  assert.equal(await call('fd_sync', 3), 0);
  assert.equal(await call('fd_advise', fd, 0n, 0n, 5), 0);
  assert.equal(await call('fd_advise', fd, 0n, 0n, 6), 28);
  assert.equal(await call('fd_allocate', fd, 0n, 10n), 58);
});

test('a directory is listed from any place on, with names cut off where the buffer ends', skip, async () => {
  using folder = temporaryFolder();
  const names = Array.from({ length: 300 }, (_, index) => `name-${index}`);
  for (const name of names) writeFileSync(path.join(folder.path, name), '');
  mkdirSync(path.join(folder.path, 'sub'));
  writeFileSync(Buffer.concat([Buffer.from(`${folder.path}/`), Buffer.of(0xff, 0xfe)]), '');
  await using wasi = granted(folder.path);
  const { call, memory } = wasi;

  /** The whole names from `cookie` on, and the cookie behind them. */
  const page = async (length: number, cookie: bigint): Promise<{ names: string[]; next: bigint; used: number }> => {
    assert.equal(await call('fd_readdir', 3, 4096, length, cookie, OUT), 0);
    const used = memory.readU32(OUT) ?? 0;
    const found: string[] = [];
    let next = cookie;
    for (let at = 4096; at + 24 <= 4096 + used; ) {
      const size = memory.readU32(at + 16) ?? 0;
      if (at + 24 + size > 4096 + used) break;
      const name = memory.text(at + 24, size) ?? '';
      assert.equal(memory.readU8(at + 20), ['.', '..', 'sub'].includes(name) ? 3 : 4, name);
      assert.notEqual(memory.readU64(at + 8), 0n);
      found.push(name);
      next = memory.readU64(at) ?? 0n;
      at += 24 + size;
    }
    return { names: found, next, used };
  };

  assert.equal(await call('fd_readdir', 3, 4096, 1000, 200_000n, OUT), 28);
  const all: string[] = [];
  for (let cookie = 0n; ; ) {
    const { names: found, next, used } = await page(1000, cookie);
    all.push(...found);
    if (used < 1000) break;
    cookie = next;
  }
  assert.deepEqual(all.slice(0, 2), ['.', '..']);
  assert.deepEqual(all.slice(2).sort(), [...names, 'sub'].sort());
  assert.deepEqual((await page(1000, 0n)).names, all.slice(0, (await page(1000, 0n)).names.length));
  assert.deepEqual((await page(100, 200n)).names[0], all[200]);
  assert.deepEqual((await page(1000, 303n)).names, []);
  assert.deepEqual((await page(1000, 5000n)).names, []);
  assert.equal(await call('fd_readdir', 3, 4096, 1000, -1n, OUT), 28);
  assert.equal(await call('fd_readdir', 3, 4096, 23, 0n, OUT), 28);
});

test('a descriptor may be used for what it is', skip, async () => {
  using folder = temporaryFolder();
  writeFileSync(path.join(folder.path, 'file'), 'abc');
  await using wasi = granted(folder.path);
  const { call, vectors } = wasi;
  const fd = await wasi.open('file');
  assert.equal(await wasi.read(3), 31);
  assert.equal(await wasi.write(3, 'x'), 31);
  assert.equal(await call('fd_seek', 3, 0n, 0, OUT), 31);
  assert.equal(await call('fd_pread', 3, ...vectors('x'), 0n, OUT), 31);
  assert.equal(await call('fd_filestat_set_size', 3, 0n), 31);
  assert.equal(await call('fd_readdir', fd, 4096, 100, 0n, OUT), 54);
  assert.equal(await call('path_open', fd, 0, ...wasi.put('x'), 0, 0n, 0n, 0, OUT), 54);
  assert.equal(await call('fd_prestat_get', fd, OUT), 8);
  assert.equal(await call('fd_prestat_dir_name', fd, OUT, 100), 8);
  assert.equal(await wasi.read(99), 8);
  assert.equal(await call('fd_close', 99), 8);
  assert.equal(await call('fd_close', fd), 0);
  assert.equal(await call('fd_close', fd), 8);
  assert.equal(await wasi.read(fd), 8);
  assert.equal(await wasi.open('file'), fd);
  assert.equal(await call('fd_close', 3), 0);
  assert.equal(await call('fd_prestat_get', 3, OUT), 8);
  assert.equal(await wasi.read(fd), 'abc');
});

test('rights can only be given up', skip, async () => {
  using folder = temporaryFolder();
  writeFileSync(path.join(folder.path, 'file'), 'abc');
  await using wasi = granted(folder.path);
  const { call, memory } = wasi;
  const FD_READ = 2n;
  const FD_WRITE = 64n;
  const reader = await wasi.open('file', { rights: FD_READ });
  assert.equal(await wasi.write(reader, 'x'), 76);
  assert.equal(await call('fd_seek', reader, 0n, 0, OUT), 76);
  assert.equal(await call('fd_fdstat_get', reader, OUT), 0);
  assert.deepEqual([memory.readU8(OUT), memory.readU64(OUT + 8), memory.readU64(OUT + 16)], [4, FD_READ, 0n]);
  assert.equal(await call('fd_fdstat_set_rights', reader, FD_READ | FD_WRITE, 0n), 76);
  assert.equal(await call('fd_fdstat_set_rights', reader, 0n, 0n), 0);
  assert.equal(await wasi.read(reader), 76);
  const writer = await wasi.open('file', { rights: FD_WRITE });
  assert.equal(await wasi.read(writer), 76);
  assert.equal(await wasi.write(writer, 'A'), 0);
  assert.equal(await call('fd_fdstat_set_rights', 3, ALL_RIGHTS, 0n), 76);
  assert.equal(await call('fd_fdstat_set_rights', 3, 1n << 13n, FD_READ), 0);
  assert.equal(await wasi.open('file', { rights: FD_WRITE }), -76);
  assert.equal(await call('path_unlink_file', 3, ...wasi.put('file')), 76);
  const last = await wasi.open('file', { rights: FD_READ });
  assert.equal(await wasi.read(last), 'Abc');
});

test('a number can be given to another descriptor', skip, async () => {
  using folder = temporaryFolder();
  for (const name of ['a', 'b']) writeFileSync(path.join(folder.path, name), name);
  await using wasi = granted(folder.path, true, { handles: 2 });
  const { call } = wasi;
  const [a, b] = [await wasi.open('a'), await wasi.open('b')];
  assert.equal(await call('fd_renumber', a, b), 0);
  assert.equal(await wasi.read(b), 'a');
  assert.equal(await wasi.read(a), 8);
  assert.equal(await call('fd_renumber', b, b), 0);
  assert.equal(await call('fd_renumber', a, b), 8);
  assert.equal(await call('fd_renumber', b, 1), 0);
  assert.equal(await wasi.write(1, '!'), 0);
  assert.equal(readFileSync(path.join(folder.path, 'a'), 'utf8'), 'a!');
  assert.ok((await wasi.open('a')) > 0 && wasi.logs.length === 0);
});

test('handles are bounded for a call, and what was closed can be opened again', skip, async () => {
  using folder = temporaryFolder();
  writeFileSync(path.join(folder.path, 'file'), '');
  await using wasi = granted(folder.path, true, { handles: 3 });
  const opened = [await wasi.open('file'), await wasi.open('file'), await wasi.open('.', { oflags: 2 })];
  assert.deepEqual(opened, [4, 5, 6]);
  assert.equal(await wasi.open('file'), -33);
  assert.equal(await wasi.call('fd_close', 5), 0);
  assert.equal(await wasi.open('missing'), -44);
  assert.equal(await wasi.open('file'), 5);
});

test('what a call writes is bounded', skip, async () => {
  using folder = temporaryFolder();
  writeFileSync(path.join(folder.path, 'file'), 'abc');
  await using wasi = granted(folder.path, true, { writtenBytes: 100 });
  const fd = await wasi.open('file');
  assert.equal(await wasi.write(fd, 'x'.repeat(60)), 0);
  assert.equal(await wasi.write(fd, 'x'.repeat(60)), 19);
  assert.equal(await wasi.call('fd_filestat_set_size', fd, 1000n), 19);
  assert.equal(await wasi.call('path_create_directory', 3, ...wasi.put('one')), 19);
  assert.equal(await wasi.call('fd_filestat_set_size', fd, 10n), 0);
  assert.equal(await wasi.write(fd, 'x'.repeat(40)), 0);
  assert.equal(await wasi.write(fd, 'x'), 19);
});

test('an answer that is none is an errno', skip, async () => {
  using folder = temporaryFolder();
  const grant = { directories: [{ guestPath: '/', hostPath: folder.path, writable: true }] };
  for (const value of [new Uint8Array(0), Uint8Array.of(0, 0, 9), Uint8Array.of(0, 0, 0), Uint8Array.of(0, 0, 1, 5)]) {
    const wasi = bareWasi({ grant, files: async () => ({ ok: true, value }) });
    assert.equal(await wasi.open('file'), -29);
  }
  const refusing = bareWasi({ grant, files: async () => ({ ok: false, message: 'too many', reason: 'failed' }) });
  assert.equal(await refusing.open('file'), -29);
});
