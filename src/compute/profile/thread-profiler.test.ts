import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { realClock } from '../../../test/support/guests.ts';
import { type CpuProfile, profileThreads } from './index.ts';

const COUNT = 6;
const workers: Worker[] = [];

before(async () => {
  // They become ready in no particular order, as the inspector's numbers show.
  for (let i = 0; i < COUNT; i++) {
    const spin = `function spin${i}() { let x = 0; for (let k = 0; k < 2e6; k++) x += k; return x; }
      (function turn() { spin${i}(); setImmediate(turn); })()`;
    workers.push(new Worker(spin, { eval: true, name: `spinner ${i}` }));
  }
  await Promise.all(workers.map((worker) => once(worker, 'online')));
});

after(() => Promise.all(workers.map((worker) => worker.terminate())));

/** Profiles until `isEnough`, since a busy machine may not let a thread run for a while. */
async function pieces(ids: readonly number[], isEnough: (thread: number, piece: CpuProfile) => boolean): Promise<void> {
  const missing = new Set(ids);
  for (let attempt = 0; missing.size > 0; attempt++) {
    assert.ok(attempt < 100, `threads ${[...missing].join()} were not seen`);
    await profileThreads({
      clock: realClock,
      durationMs: 50,
      threads: () => [...missing],
      onPiece: (thread, piece) => {
        assert.ok(ids.includes(thread));
        if (isEnough(thread, piece)) missing.delete(thread);
      },
    });
  }
}

test('a thread is profiled under its own number', async () => {
  const byId = new Map(workers.map(({ threadId }, i) => [threadId, `spin${i}`]));
  await pieces([...byId.keys()], (thread, { nodes }) => {
    const spinners = nodes.map(({ callFrame }) => callFrame.functionName).filter((name) => /^spin\d$/.test(name));
    for (const name of spinners) assert.equal(name, byId.get(thread));
    return spinners.length > 0;
  });
});

test('threads that are not there, or end meanwhile, are missing, and the others are not', async () => {
  const [first, second] = workers as [Worker, Worker];
  const { threadId: gone } = second;
  const seen = new Set<number>();
  let isEnded: Promise<number> | undefined;
  await pieces([first.threadId], (thread) => {
    seen.add(thread);
    isEnded ??= second.terminate();
    return true;
  });
  await isEnded;
  const profile = { clock: realClock, durationMs: 50, threads: () => [gone, 999, first.threadId] };
  await profileThreads({ ...profile, onPiece: (thread) => assert.equal(thread, first.threadId) });
  await assert.rejects(
    profileThreads({ ...profile, threads: () => [gone, 999], onPiece: () => assert.fail('there is no such thread') }),
    { code: 'PROFILE_FAILED' },
  );
  assert.deepEqual([...seen], [first.threadId]);
});
