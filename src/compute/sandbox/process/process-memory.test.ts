import assert from 'node:assert/strict';
import { test } from 'node:test';
import { capabilities, echo, guest, realClock } from '../../../../test/support/guests.ts';
import { VirtualClock } from '../../../../test/support/virtual-clock.ts';
import type { CallResult } from '../index.ts';
import { SandboxProcesses } from './index.ts';
import { privateBytes, ProcessMemory, type WatchedProcess } from './process-memory.ts';

/** Processes of which the test says what they hold. */
function world(most: number) {
  const clock = new VirtualClock();
  const held = new Map<number, number>();
  const ended: [pid: number, bytes: number][] = [];
  const memory = new ProcessMemory(clock, most, (pid) => held.get(pid) ?? 0);
  const add = (pid: number, calls = 1): { process: WatchedProcess; remove: () => void } => {
    const process: WatchedProcess = { pid, calls: () => calls, end: (bytes) => ended.push([pid, bytes]) };
    return { process, remove: memory.add(process) };
  };
  return { clock, held, ended, memory, add };
}

test('one that holds more than an equal part is held back, while all hold too much', async () => {
  const { clock, held, memory, add } = world(100);
  const [large, small] = [add(1), add(2)];
  const exceeded = async (a: number, b: number): Promise<boolean[]> => {
    held.set(1, a).set(2, b);
    await clock.advance(100);
    return [memory.exceededBy(large.process), memory.exceededBy(small.process)];
  };
  assert.deepEqual(await exceeded(90, 10), [false, false]);
  assert.deepEqual(await exceeded(91, 10), [true, false]);
  assert.deepEqual(await exceeded(51, 51), [true, true]);
  small.remove();
  assert.deepEqual(await exceeded(100, 999), [false, false], 'alone it may have all');
});

test('when all hold far too much, the largest is ended, as long as calls are in flight', async () => {
  const { clock, held, ended, memory, add } = world(1000);
  const [one, other] = [add(1), add(2, 0)];
  held.set(1, 500).set(2, 625);
  memory.watch();
  await clock.advance(1000);
  assert.deepEqual(ended, []);
  held.set(2, 626);
  await clock.advance(250);
  assert.deepEqual(ended, [[2, 626]]);
  other.remove();
  held.set(1, 1126);
  await clock.advance(250);
  assert.deepEqual(ended[1], [1, 1126]);
  one.remove();
  await clock.advance(1000);
  assert.equal(ended.length, 2);
});

test('what a process holds is read of the system, and nothing when it is gone', {
  skip: process.platform !== 'linux' && 'reads /proc',
}, () => {
  const before = privateBytes(process.pid);
  assert.ok(before > 10 << 20 && before < process.memoryUsage.rss(), `${before} bytes`);
  const block = Buffer.alloc(64 << 20, 1);
  assert.ok(privateBytes(process.pid) - before > 48 << 20, `${block.length} bytes more`);
  assert.equal(privateBytes(2 ** 30), 0);
});

test('a tenant that holds too much is refused, then ended; another goes on', async () => {
  const held = new Map<number, number>();
  await using sandbox = new SandboxProcesses(
    { clock: realClock, limits: { threads: 1, residentBytes: 2 ** 40 } },
    (pid) => held.get(pid) ?? 0,
  );
  const [greedy, honest] = [
    await sandbox.load(guest({ run: '(loop $l (br $l))' }), { tenant: 'greedy' }),
    await sandbox.load(echo(), { tenant: 'honest' }),
  ];
  const limits = { cpuMs: 60_000, deadlineMs: 60_000 };
  const call = (module: typeof greedy): Promise<CallResult> =>
    sandbox.call(module, { capabilities: capabilities(), limits });
  const kinds = (results: readonly CallResult[]): string[] =>
    results.map((result) => (result.kind === 'failure' ? result.code : result.kind));
  const running = call(greedy);
  assert.deepEqual(kinds(await Promise.all([call(honest), call(honest)])), ['output', 'output']);
  const [first] = sandbox.processIds;
  held.set(first as number, 2 ** 40 + 1);
  const fresh = Promise.withResolvers<void>();
  realClock.schedule(120, fresh.resolve);
  await fresh.promise;
  assert.deepEqual(kinds(await Promise.all([call(greedy), call(honest), call(honest)])), [
    'OVERLOADED',
    'output',
    'output',
  ]);
  held.set(first as number, 2 ** 41);
  assert.deepEqual(kinds([await running]), ['THREAD_LOST']);
  assert.deepEqual(kinds(await Promise.all([call(honest), call(honest)])), ['output', 'output']);
});
