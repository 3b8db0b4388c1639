import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ended } from '../../../test/support/host-binding.ts';
import { bareWasi } from '../../../test/support/wasi-guest.ts';
import { utf8 } from '../../kernel/index.ts';
import type { LogLevel } from '../capability/index.ts';
import { StandardStreams } from './standard-streams.ts';

test('output becomes log lines', () => {
  const { call, vectors, logs, state, memory } = bareWasi();
  assert.equal(call('fd_write', 1, ...vectors('one\ntw', 'o\n', '', 'thr'), 8), 0);
  assert.equal(memory.readU32(8), 11);
  assert.equal(call('fd_write', 2, ...vectors('panic'), 8), 0);
  assert.deepEqual(logs, ['info: one', 'info: two']);
  assert.equal(call('fd_write', 1, ...vectors('ee'), 8), 0);
  assert.equal(state.end(), undefined);
  assert.deepEqual(logs, ['info: one', 'info: two', 'info: three', 'error: panic']);
  state.end();
  assert.equal(logs.length, 4);
});

test('a character that is written in two parts is one; a line without end is cut', () => {
  const logs: [LogLevel, string][] = [];
  const streams = new StandardStreams((level, message) => logs.push([level, message]));
  const euro = utf8('€');
  streams.write(1, euro.subarray(0, 1));
  streams.write(1, euro.subarray(1));
  streams.write(1, utf8('\n'));
  for (let i = 0; i < 20; i++) streams.write(1, utf8('x'.repeat(1000)));
  streams.end();
  assert.deepEqual(logs[0], ['info', '€']);
  assert.ok(logs.every(([, line]) => line.length <= 8192));
  assert.equal(
    logs.slice(1).reduce((sum, [, line]) => sum + line.length, 0),
    20_000,
  );
});

test('of a write that is wrong in any part, nothing is logged', () => {
  const { call, vectors, logs, memory } = bareWasi();
  const end = memory.size;
  assert.equal(call('fd_write', 0, ...vectors('x\n'), 8), 8);
  assert.equal(call('fd_write', 3, ...vectors('x\n'), 8), 8);
  assert.equal(call('fd_write', 1, 0, 1025, 8), 28);
  assert.equal(call('fd_write', 1, 0, -1, 8), 28);
  assert.equal(call('fd_write', 1, end - 4, 1, 8), 21);
  assert.equal(call('fd_write', 1, ...vectors('x\n'), end - 1), 21);
  const [list] = vectors('good\n', 'bad\n');
  memory.writeU32(list + 8, end - 2);
  assert.equal(call('fd_write', 1, list, 2, 8), 21);
  memory.writeU32(list + 8, -4);
  assert.equal(call('fd_write', 1, list, 2, 8), 21);
  assert.deepEqual(logs, []);
});

test('a long write is taken in part: 8192 bytes of a buffer, 65536 of all', () => {
  const { call, vectors, memory, counted } = bareWasi();
  assert.equal(call('fd_write', 1, ...vectors('x'.repeat(20_000), 'y'), 8), 0);
  assert.equal(memory.readU32(8), 8192);
  assert.equal(call('fd_write', 1, ...vectors(...Array.from({ length: 100 }, () => 'x'.repeat(1000))), 8), 0);
  assert.equal(memory.readU32(8), 65_536);
  assert.equal(counted(), 2);
});

test('what a command writes to its output is its result, up to a bound; what it reads is its input', async () => {
  const { call, vectors, logs, state, memory, read } = bareWasi({
    command: { input: utf8('the input'), outputBytes: 8 },
  });
  assert.equal(await read(0, 4), 'the ');
  assert.equal(await read(0), 'input');
  assert.equal(await read(0), '');
  assert.equal(call('fd_write', 1, ...vectors('re', 'sult'), 8), 0);
  assert.equal(memory.readU32(8), 6);
  assert.equal(call('fd_write', 2, ...vectors('oops\n'), 8), 0);
  assert.deepEqual(logs, ['error: oops']);
  assert.throws(() => call('fd_write', 1, ...vectors('abc'), 8), new Ended('output of 9'));
  assert.deepEqual(state.end(), utf8('result'));
});

test('the streams of a guest with a grant are descriptors like others', async () => {
  const { call, vectors, memory, read, write } = bareWasi({ grant: {} });
  assert.equal(await read(0), '');
  assert.equal(await write(0, 'x'), 8);
  assert.equal(await read(1), 8);
  assert.equal(await call('fd_fdstat_get', 1, 8), 0);
  assert.deepEqual([memory.readU8(8), memory.readU16(10)], [2, 0]);
  assert.equal(await call('fd_filestat_get', 1, 64), 0);
  assert.equal(memory.readU8(64 + 16), 2);
  assert.equal(await call('fd_fdstat_set_flags', 1, 5), 0);
  assert.equal(await call('fd_fdstat_set_flags', 1, 2), 58);
  assert.equal(await call('fd_fdstat_set_flags', 1, 32), 28);
  assert.equal(await call('fd_fdstat_get', 1, 8), 0);
  assert.equal(memory.readU16(10), 5);
  for (const name of ['fd_seek', 'fd_tell', 'fd_pread', 'fd_pwrite'] as const) {
    const args = { fd_seek: [1, 0n, 0, 8], fd_tell: [1, 8], fd_pread: [1, 0, 0, 0n, 8], fd_pwrite: [1, 0, 0, 0n, 8] }[
      name
    ];
    assert.equal(await call(name, ...args), 70, name);
  }
  assert.equal(await call('fd_sync', 1), 76);
  assert.equal(await call('fd_close', 1), 0);
  assert.equal(await call('fd_write', 1, ...vectors('x'), 8), 8);
  assert.equal(await call('fd_renumber', 2, 0), 0);
  assert.equal(await write(0, 'x'), 0);
  assert.equal(await call('fd_renumber', 2, 0), 8);
});
