import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BareWasi, bareWasi, OUT } from '../../../test/support/wasi-guest.ts';

const EVENTS = 4096;

interface Subscription {
  readonly userData: bigint;
  readonly tag: number;
  readonly clock?: number;
  readonly timeout?: bigint;
  readonly flags?: number;
  readonly fd?: number;
}

function subscriptions(snapshot: 0 | 1, ...all: Subscription[]): Uint8Array {
  const size = snapshot === 1 ? 48 : 56;
  const bytes = new Uint8Array(size * all.length);
  const view = new DataView(bytes.buffer);
  for (const [index, { userData, tag, clock, timeout, flags, fd }] of all.entries()) {
    const at = index * size;
    view.setBigUint64(at, userData, true);
    view.setUint8(at + 8, tag);
    if (fd !== undefined) view.setUint32(at + 16, fd, true);
    if (clock === undefined) continue;
    const body = at + (snapshot === 1 ? 16 : 24);
    view.setUint32(body, clock, true);
    view.setBigUint64(body + 8, timeout ?? 0n, true);
    view.setUint16(body + 24, flags ?? 0, true);
  }
  return bytes;
}

/** Polls; the events as user data, errno, type, bytes and flags, or the errno. */
async function poll(wasi: BareWasi, bytes: Uint8Array, count: number): Promise<unknown[][] | number> {
  const { memory } = wasi;
  const errno = await wasi.call('poll_oneoff', wasi.put(bytes)[0], EVENTS, count, OUT);
  if (errno !== 0) return errno;
  return Array.from({ length: memory.readU32(OUT) ?? 0 }, (_, index) => {
    const at = EVENTS + index * 32;
    const [userData, errnoOfEvent, type] = [memory.readU64(at), memory.readU16(at + 8), memory.readU8(at + 10)];
    return [userData, errnoOfEvent, type, memory.readU64(at + 16), memory.readU16(at + 24)];
  });
}

test('the guest sleeps until the first of its alarms, without a grant as well', async () => {
  for (const snapshot of [0, 1] as const) {
    const wasi = bareWasi({ snapshot });
    const list = subscriptions(
      snapshot,
      { userData: 1n, tag: 0, clock: 1, timeout: 50_000_000n },
      { userData: 2n, tag: 0, clock: 0, timeout: 20_000_000n },
      { userData: 3n, tag: 0, clock: 1, timeout: 20_000_000n },
    );
    assert.deepEqual(await poll(wasi, list, 3), [
      [2n, 0, 0, 0n, 0],
      [3n, 0, 0, 0n, 0],
    ]);
    assert.deepEqual(wasi.slept, [20]);
    assert.equal(wasi.counted(), 1);
  }
});

test('an absolute time is one of its own clock; one that has passed is due at once', async () => {
  const wasi = bareWasi();
  const wall = 1_700_000_000_123_500_000n;
  const [sleep] = [{ userData: 1n, tag: 0, clock: 0, timeout: wall + 7_000_000n, flags: 1 }];
  assert.deepEqual(await poll(wasi, subscriptions(1, sleep), 1), [[1n, 0, 0, 0n, 0]]);
  assert.deepEqual(wasi.slept, [7]);
  const monotonic = { userData: 2n, tag: 0, clock: 1, timeout: 0n, flags: 1 };
  assert.deepEqual(await poll(wasi, subscriptions(1, monotonic), 1), [[2n, 0, 0, 0n, 0]]);
  assert.deepEqual(wasi.slept, [7, 0]);
  const forever = { userData: 3n, tag: 0, clock: 1, timeout: 0xffffffffffffffffn };
  assert.deepEqual(await poll(wasi, subscriptions(1, forever), 1), [[3n, 0, 0, 0n, 0]]);
  assert.deepEqual(wasi.slept.slice(2), [1e10]);
});

test('no alarm is early by the clock that the guest sees, however coarse it is and however early the timer', async () => {
  const wasi = bareWasi({ grant: { clock: { resolutionNs: 1_000_000 } }, earlyMs: 0.4 });
  const { call, memory } = wasi;
  const time = (): bigint => {
    assert.equal(call('clock_time_get', 1, 0n, OUT), 0);
    return memory.readU64(OUT) ?? 0n;
  };
  for (const timeout of [1n, 1_500_000n, 2_000_000n]) {
    const before = time();
    await poll(wasi, subscriptions(1, { userData: 1n, tag: 0, clock: 1, timeout }), 1);
    assert.ok(time() - before >= timeout, `${timeout}`);
    const until = time() + timeout;
    await poll(wasi, subscriptions(1, { userData: 1n, tag: 0, clock: 1, timeout: until, flags: 1 }), 1);
    assert.ok(time() >= until, `${timeout}`);
  }
});

test('descriptors are ready at once, and say what can be read', async () => {
  const wasi = bareWasi({ command: { input: new Uint8Array(5), outputBytes: 10 } });
  const list = subscriptions(
    1,
    { userData: 1n, tag: 1, fd: 0 },
    { userData: 2n, tag: 2, fd: 1 },
    { userData: 3n, tag: 0, clock: 1, timeout: 1_000_000n },
    { userData: 4n, tag: 1, fd: 9 },
    { userData: 5n, tag: 0, clock: 1, timeout: 0n },
  );
  assert.deepEqual(await poll(wasi, list, 5), [
    [1n, 0, 1, 5n, 0],
    [2n, 0, 2, 0n, 0],
    [4n, 8, 1, 0n, 0],
    [5n, 0, 0, 0n, 0],
  ]);
  assert.deepEqual(wasi.slept, []);
  await wasi.read(0);
  assert.deepEqual(await poll(wasi, subscriptions(1, { userData: 1n, tag: 1, fd: 0 }), 1), [[1n, 0, 1, 0n, 1]]);
});

test('without a grant only the two outputs are descriptors', async () => {
  const wasi = bareWasi();
  const list = subscriptions(1, { userData: 1n, tag: 1, fd: 0 }, { userData: 2n, tag: 2, fd: 2 });
  assert.deepEqual(await poll(wasi, list, 2), [
    [1n, 8, 1, 0n, 0],
    [2n, 0, 2, 0n, 0],
  ]);
});

test('wrong clocks are events, wrong lists and pointers are errors', async () => {
  const wasi = bareWasi();
  const { call, put, memory } = wasi;
  const wrong = subscriptions(
    1,
    { userData: 1n, tag: 0, clock: 4, timeout: 1n },
    { userData: 2n, tag: 0, clock: 1, timeout: 1n, flags: 2 },
  );
  assert.deepEqual(await poll(wasi, wrong, 2), [
    [1n, 28, 0, 0n, 0],
    [2n, 28, 0, 0n, 0],
  ]);
  const good = subscriptions(1, { userData: 1n, tag: 0, clock: 1, timeout: 1n });
  assert.equal(await poll(wasi, good, 0), 28);
  assert.equal(await poll(wasi, good, 1025), 28);
  assert.equal(await poll(wasi, good, -1), 28);
  assert.equal(await poll(wasi, subscriptions(1, { userData: 1n, tag: 3 }), 1), 28);
  const [pointer] = put(good);
  assert.equal(await call('poll_oneoff', memory.size - 47, EVENTS, 1, OUT), 21);
  assert.equal(await call('poll_oneoff', pointer, memory.size - 31, 1, OUT), 21);
  assert.equal(await call('poll_oneoff', pointer, EVENTS, 1, memory.size - 3), 21);
  assert.deepEqual(wasi.slept, []);
});
