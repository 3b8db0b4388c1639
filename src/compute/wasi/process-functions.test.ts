import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ended } from '../../../test/support/host-binding.ts';
import { bareWasi, OUT } from '../../../test/support/wasi-guest.ts';
import { WASI_SIGNATURES, type WasiFunction } from '../abi/index.ts';

/** Arguments of the right types for `name`, all zero. */
function zeros(name: WasiFunction): (number | bigint)[] {
  return Array.from(WASI_SIGNATURES[name].split(':')[0] ?? '', (letter) => (letter === 'I' ? 0n : 0));
}

test('to a guest without a grant there are no files, and every call is counted', async () => {
  const { call, counted, operations } = bareWasi();
  for (const name of Object.keys(WASI_SIGNATURES) as WasiFunction[]) {
    if (name === 'proc_exit') continue;
    const answer = await call(name, ...zeros(name));
    const missing = name.startsWith('path_') || name.startsWith('sock_') || name === 'proc_raise';
    const expected = name.startsWith('fd_') ? 8 : missing ? 52 : name === 'poll_oneoff' ? 28 : 0;
    assert.equal(answer, expected, name);
  }
  for (const descriptor of [0, 1, 2, 3]) {
    assert.equal(await call('fd_fdstat_get', descriptor, OUT), 8);
    assert.equal(await call('fd_prestat_get', descriptor, OUT), 8);
    assert.equal(await call('fd_close', descriptor), 8);
  }
  assert.equal(counted(), Object.keys(WASI_SIGNATURES).length - 1 + 12);
  assert.deepEqual(operations, []);
});

test('sockets and signals are not there for anyone', async () => {
  const { call } = bareWasi({ grant: {} });
  for (const name of ['sock_accept', 'sock_recv', 'sock_send', 'sock_shutdown', 'proc_raise'] as const) {
    assert.equal(await call(name, ...zeros(name)), 52);
  }
});

test('there are no arguments and there is no environment unless they are granted', () => {
  for (const grant of [undefined, {}]) {
    const { call, memory } = bareWasi({ ...(grant && { grant }) });
    for (const name of ['args_sizes_get', 'environ_sizes_get'] as const) {
      memory.writeU64(8, 0xffffffffffffffffn);
      assert.equal(call(name, 8, 12), 0);
      assert.deepEqual([memory.readU32(8), memory.readU32(12)], [0, 0]);
      assert.equal(call(name, memory.size - 2, 0), 21);
      assert.equal(call(name, 0, memory.size - 2), 21);
    }
    assert.equal(call('args_get', 0, 0), 0);
    assert.equal(call('environ_get', -1, -1), 0);
  }
});

test('arguments and environment are texts with a NUL behind each', () => {
  const { call, memory } = bareWasi({ grant: { arguments: ['program', 'ö', ''], environment: { A: 'b', C: '' } } });
  assert.equal(call('args_sizes_get', 8, 12), 0);
  assert.deepEqual([memory.readU32(8), memory.readU32(12)], [3, 8 + 3 + 1]);
  assert.equal(call('args_get', 32, 100), 0);
  assert.deepEqual([memory.readU32(32), memory.readU32(36), memory.readU32(40)], [100, 108, 111]);
  assert.equal(memory.text(100, 12), 'program\0ö\0\0');
  assert.equal(call('environ_sizes_get', 8, 12), 0);
  assert.deepEqual([memory.readU32(8), memory.readU32(12)], [2, 7]);
  assert.equal(call('environ_get', 32, 100), 0);
  assert.equal(memory.text(100, 7), 'A=b\0C=\0');
  assert.equal(call('args_get', memory.size - 8, 100), 21);
  assert.equal(call('args_get', 32, memory.size - 8), 21);
  assert.equal(call('args_get', 32, -4), 21);
});

test('clocks tell the time in tenths of a millisecond, or in the steps that were granted', () => {
  const { call, memory } = bareWasi();
  assert.equal(call('clock_time_get', 0, 1n, 8), 0);
  assert.equal(memory.readU64(8), 1_700_000_000_123_500_000n);
  assert.equal(call('clock_time_get', 1, 1n, 8), 0);
  assert.equal(memory.readU64(8), 5_600_000n);
  assert.equal(call('clock_res_get', 0, 8), 0);
  assert.equal(memory.readU64(8), 100_000n);
  assert.equal(call('clock_time_get', 4, 1n, 8), 28);
  assert.equal(call('clock_time_get', -1, 1n, 8), 28);
  assert.equal(call('clock_res_get', 4, 8), 28);
  assert.equal(call('clock_time_get', 0, 1n, memory.size - 6), 21);
  assert.equal(call('clock_res_get', 0, memory.size - 6), 21);

  const fine = bareWasi({ grant: { clock: { resolutionNs: 1000 } } });
  assert.equal(fine.call('clock_time_get', 1, 0n, 8), 0);
  assert.equal(fine.memory.readU64(8), 5_670_000n);
  assert.equal(fine.call('clock_res_get', 1, 8), 0);
  assert.equal(fine.memory.readU64(8), 1000n);
});

test('random bytes come from the host, a megabyte at most', () => {
  const { call, memory } = bareWasi();
  assert.equal(call('random_get', 8, 4), 0);
  assert.deepEqual(memory.copy(7, 6), Uint8Array.of(0, 7, 7, 7, 7, 0));
  assert.equal(call('random_get', memory.size - 1, 2), 21);
  assert.equal(call('random_get', 0, (1 << 20) + 1), 28);
  assert.equal(call('random_get', -1, 0), 0);
});

test('the guest may end itself', () => {
  assert.throws(() => bareWasi().call('proc_exit', 3), new Ended('exit 3'));
});
