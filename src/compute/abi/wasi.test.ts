import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ended, bareHost } from '../../../test/support/host-binding.ts';
import { concat, utf8 } from '../../kernel/index.ts';
import type { LogLevel } from '../capability/index.ts';
import { WASI_SIGNATURES, type WasiFunction } from './signatures.ts';
import { StandardStreams, wasiFunctions } from './wasi.ts';

type Callable = (...args: (number | bigint)[]) => number;

function setUp() {
  const host = bareHost();
  const logs: string[] = [];
  const streams = new StandardStreams((level, message) => logs.push(`${level}: ${message}`));
  const functions = wasiFunctions(host.binding, streams);
  const call = (name: WasiFunction, ...args: (number | bigint)[]): number => (functions[name] as Callable)(...args);
  return { host, logs, streams, functions, call, memory: host.binding.memory };
}

/** An iovec list of `chunks` in the memory. */
function vectors(host: ReturnType<typeof bareHost>, ...chunks: string[]): [pointer: number, count: number] {
  const list = concat(
    ...chunks.map((chunk) => {
      const entry = new Uint32Array(host.put(chunk));
      return new Uint8Array(entry.buffer);
    }),
  );
  return [host.put(list)[0], chunks.length];
}

test('the whole of preview 1 is there', () => {
  const { functions } = setUp();
  assert.deepEqual(Object.keys(functions).sort(), Object.keys(WASI_SIGNATURES).sort());
  assert.equal(Object.keys(functions).length, 46);
});

test('there are no arguments and there is no environment', () => {
  const { call, memory } = setUp();
  for (const name of ['args_sizes_get', 'environ_sizes_get'] as const) {
    memory.writeU64(8, 0xffffffffffffffffn);
    assert.equal(call(name, 8, 12), 0);
    assert.deepEqual([memory.readU32(8), memory.readU32(12)], [0, 0]);
    assert.equal(call(name, 65_534, 0), 21);
  }
  assert.equal(call('args_get', 0, 0), 0);
  assert.equal(call('environ_get', 0, 0), 0);
});

test('clocks tell the time in tenths of a millisecond', () => {
  const { call, memory } = setUp();
  const time = (): bigint => new DataView(memory.copy(8, 8)!.buffer).getBigUint64(0, true);
  assert.equal(call('clock_time_get', 0, 1n, 8), 0);
  assert.equal(time(), 1_700_000_000_123_500_000n);
  assert.equal(call('clock_time_get', 1, 1n, 8), 0);
  assert.equal(time(), 5_600_000n);
  assert.equal(call('clock_res_get', 0, 8), 0);
  assert.equal(time(), 100_000n);
  assert.equal(call('clock_time_get', 4, 1n, 8), 28);
  assert.equal(call('clock_time_get', -1, 1n, 8), 28);
  assert.equal(call('clock_time_get', 0, 1n, 65_530), 21);
});

test('random bytes come from the host, a megabyte at most', () => {
  const { call, memory } = setUp();
  assert.equal(call('random_get', 8, 4), 0);
  assert.deepEqual(memory.copy(7, 6), Uint8Array.of(0, 7, 7, 7, 7, 0));
  assert.equal(call('random_get', 65_535, 2), 21);
  assert.equal(call('random_get', 0, (1 << 20) + 1), 28);
  assert.equal(call('random_get', -1, 0), 0);
});

test('output becomes log lines', () => {
  const { call, host, logs, streams, memory } = setUp();
  assert.equal(call('fd_write', 1, ...vectors(host, 'one\ntw', 'o\n', '', 'thr'), 8), 0);
  assert.equal(memory.readU32(8), 11);
  assert.equal(call('fd_write', 2, ...vectors(host, 'panic'), 8), 0);
  assert.deepEqual(logs, ['info: one', 'info: two']);
  assert.equal(call('fd_write', 1, ...vectors(host, 'ee'), 8), 0);
  streams.end();
  assert.deepEqual(logs, ['info: one', 'info: two', 'info: three', 'error: panic']);
  streams.end();
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

test('wrong descriptors, vectors and pointers are errors', () => {
  const { call, host, logs } = setUp();
  assert.equal(call('fd_write', 0, ...vectors(host, 'x'), 8), 8);
  assert.equal(call('fd_write', 3, ...vectors(host, 'x'), 8), 8);
  assert.equal(call('fd_write', 1, 0, 1025, 8), 28);
  assert.equal(call('fd_write', 1, 0, -1, 8), 28);
  assert.equal(call('fd_write', 1, 65_532, 1, 8), 21);
  host.binding.memory.writeU32(0, 65_530);
  host.binding.memory.writeU32(4, 100);
  assert.equal(call('fd_write', 1, 0, 1, 8), 21);
  assert.equal(call('fd_write', 1, ...vectors(host, 'x'), 65_535), 21);
  assert.deepEqual(logs, []);
});

test('a long write is taken in part', () => {
  const { call, host, memory } = setUp();
  memory.writeU32(0, 0);
  memory.writeU32(4, 20_000);
  assert.equal(call('fd_write', 1, 0, 1, 8), 0);
  assert.equal(memory.readU32(8), 8192);
  assert.equal(host.counted(), 1);
});

test('files and sockets are not there, and the guest may end itself', () => {
  const { call } = setUp();
  assert.equal(call('fd_prestat_get', 3, 0), 8);
  assert.equal(call('fd_read', 0, 0, 0, 0), 8);
  assert.equal(call('path_open', 3, 0, 0, 0, 0, 0n, 0n, 0, 0), 52);
  assert.equal(call('sock_recv', 3, 0, 0, 0, 0, 0), 52);
  assert.equal(call('poll_oneoff', 0, 0, 0, 0), 52);
  assert.equal(call('sched_yield'), 0);
  assert.throws(() => call('proc_exit', 3), new Ended('exit 3'));
});
