import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import type { CPUProfileHandle } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { realClock } from '../../../test/support/guests.ts';
import { settle, VirtualClock } from '../../../test/support/virtual-clock.ts';
import { type CpuProfile, type ProfiledThread, profileThreads } from './index.ts';

const COUNT = 6;
const workers: Worker[] = [];

before(async () => {
  for (let i = 0; i < COUNT; i++) {
    const spin = `function spin${i}() { let x = 0; for (let k = 0; k < 2e6; k++) x += k; return x; }
      (function turn() { spin${i}(); setImmediate(turn); })()`;
    workers.push(new Worker(spin, { eval: true, name: `spinner ${i}` }));
  }
  await Promise.all(workers.map((worker) => once(worker, 'online')));
});

after(() => Promise.all(workers.map((worker) => worker.terminate())));

/** Profiles until `isEnough`, since a busy machine may not let a thread run for a while. */
async function pieces(
  threads: readonly Worker[],
  isEnough: (thread: number, piece: CpuProfile) => boolean,
): Promise<void> {
  const missing = new Map(threads.map((thread) => [thread.threadId, thread]));
  for (let attempt = 0; missing.size > 0; attempt++) {
    assert.ok(attempt < 100, `threads ${[...missing.keys()].join()} were not seen`);
    await profileThreads({
      clock: realClock,
      durationMs: 50,
      threads: () => [...missing.values()],
      onPiece: (thread, piece) => {
        assert.ok(threads.some(({ threadId }) => threadId === thread));
        if (isEnough(thread, piece)) missing.delete(thread);
      },
    });
  }
}

test('a thread is profiled under its own number', async () => {
  const byId = new Map(workers.map(({ threadId }, i) => [threadId, `spin${i}`]));
  await pieces(workers, (thread, { nodes }) => {
    const spinners = nodes.map(({ callFrame }) => callFrame.functionName).filter((name) => /^spin\d$/.test(name));
    for (const name of spinners) assert.equal(name, byId.get(thread));
    return spinners.length > 0;
  });
});

test('threads that are not there, or end meanwhile, are missing, and the others are not', async () => {
  const [first, second] = workers as [Worker, Worker];
  const seen = new Set<number>();
  let isEnded: Promise<number> | undefined;
  await pieces([first], (thread) => {
    seen.add(thread);
    isEnded ??= second.terminate();
    return true;
  });
  await isEnded;
  const profile = { clock: realClock, durationMs: 50, threads: () => [second, first] };
  await profileThreads({ ...profile, onPiece: (thread) => assert.equal(thread, first.threadId) });
  await assert.rejects(
    profileThreads({ ...profile, threads: () => [second], onPiece: () => assert.fail('there is no such thread') }),
    { code: 'PROFILE_FAILED' },
  );
  assert.deepEqual([...seen], [first.threadId]);
});

test('a thread that does not answer is missing, and what it begins too late is stopped', async () => {
  const clock = new VirtualClock();
  const late = Promise.withResolvers<CPUProfileHandle>();
  let stopped = 0;
  const profile = '{"nodes":[{"id":1,"callFrame":{"functionName":"f","scriptId":7}}],"samples":[],"timeDeltas":[]}';
  const stop = () => (stopped++, Promise.resolve(profile));
  const handle = { stop, [Symbol.asyncDispose]: () => Promise.resolve() };
  const silent: ProfiledThread = { threadId: 1, startCpuProfile: () => late.promise };
  const deaf: ProfiledThread = {
    threadId: 2,
    startCpuProfile: () => Promise.resolve({ ...handle, stop: () => new Promise<string>(() => undefined) }),
  };
  const willing: ProfiledThread = { threadId: 3, startCpuProfile: () => Promise.resolve(handle) };
  const seen: unknown[] = [];
  const done = profileThreads({
    clock,
    durationMs: 50,
    threads: () => [silent, deaf, willing],
    onPiece: (thread, { nodes }) => seen.push([thread, nodes[0]?.callFrame.scriptId]),
  });
  for (const ms of [5_000, 50, 5_000]) {
    await settle();
    await clock.advance(ms);
  }
  await done;
  assert.deepEqual([seen, stopped], [[[3, '7']], 1]);
  late.resolve(handle);
  await settle();
  assert.equal(stopped, 2);
});
