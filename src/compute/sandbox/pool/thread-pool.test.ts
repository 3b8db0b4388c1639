import assert from 'node:assert/strict';
import { test } from 'node:test';
import { capabilities, echo, env, guest } from '../../../../test/support/guests.ts';
import { VirtualClock } from '../../../../test/support/virtual-clock.ts';
import { utf8 } from '../../../kernel/index.ts';
import { type CallResult, Sandbox, type SandboxLimits } from '../index.ts';

// Threads come and go with the work; time is simulated, threads are real.

const IDLE_MS = 8_000;

async function withSandbox(
  limits: Partial<SandboxLimits>,
  run: (sandbox: Sandbox, clock: VirtualClock) => Promise<void>,
): Promise<void> {
  const clock = new VirtualClock();
  const sandbox = await Sandbox.create({ clock, limits: { threadIdleMs: IDLE_MS, ...limits } });
  try {
    await run(sandbox, clock);
  } finally {
    await sandbox.close(0);
  }
}

function ready(sandbox: Sandbox): readonly number[] {
  return sandbox.stats().threads.flatMap(({ index, state }) => (state === 'ready' ? [index] : []));
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(setImmediate);
}

function isOutput(result: CallResult): boolean {
  return result.kind === 'output';
}

const ASKING = guest({
  imports: env('cache_get', 3),
  run: '(drop (call $cache_get (i32.const 0) (i32.const 4) (local.get $ident)))',
});

/** Calls of `ASKING` that are answered by hand. */
function asking(sandbox: Sandbox) {
  const module = sandbox.load(ASKING);
  const answers: (() => void)[] = [];
  const granted = capabilities({
    cacheGet: () => new Promise((resolve) => answers.push(() => resolve({ ok: true, value: utf8('v') }))),
  });
  const call = (): Promise<CallResult> => sandbox.call(module, { capabilities: granted });
  const answerAll = async (): Promise<void> => {
    while (sandbox.stats().inFlight > 0) {
      answers.shift()?.();
      await new Promise(setImmediate);
    }
  };
  return { call, answerAll };
}

test('it begins with the least number of threads, and one call after the other needs no more', () =>
  withSandbox({ threads: 3, minThreads: 1 }, async (sandbox, clock) => {
    assert.deepEqual(ready(sandbox), [0]);
    const module = sandbox.load(echo());
    for (let i = 0; i < 20; i++) assert.ok(isOutput(await sandbox.call(module, { capabilities: capabilities() })));
    assert.deepEqual(ready(sandbox), [0]);
    assert.equal(clock.pending, 0, 'nobody looks for idle threads');
  }));

test('threads are added while all have calls, up to the limit, and end when they have had none for a while', () =>
  withSandbox({ threads: 3, minThreads: 1 }, async (sandbox, clock) => {
    const { call, answerAll } = asking(sandbox);
    const calls = [call()];
    for (const expected of [2, 3]) {
      // One that finds every thread busy, and one that the new thread gets.
      calls.push(call());
      await until(() => ready(sandbox).length === expected);
      calls.push(call());
    }
    calls.push(call());
    await new Promise(setImmediate);
    assert.deepEqual(ready(sandbox), [0, 1, 2]);
    assert.deepEqual(
      sandbox
        .stats()
        .threads.map(({ calls: open }) => open)
        .reduce((sum, open) => sum + open, 0),
      6,
    );

    await clock.advance(10 * IDLE_MS);
    assert.deepEqual(ready(sandbox), [0, 1, 2], 'a thread whose guests only wait is not idle');

    await answerAll();
    assert.ok((await Promise.all(calls)).every(isOutput));
    await clock.advance(IDLE_MS / 2);
    assert.deepEqual(ready(sandbox), [0, 1, 2], 'a short pause ends nothing');
    await clock.advance(IDLE_MS);
    assert.deepEqual(ready(sandbox), [0]);
    await until(() => sandbox.stats().threads.length === 1);

    // And again, in the same places.
    const more = [call(), call()];
    await until(() => ready(sandbox).length === 2);
    more.push(call());
    await answerAll();
    assert.ok((await Promise.all(more)).every(isOutput));
    assert.equal(sandbox.stats().threadsLost, 0);
  }));

test('light work stays in the first threads, so that the others may end', () =>
  withSandbox({ threads: 2, minThreads: 1 }, async (sandbox, clock) => {
    const { call, answerAll } = asking(sandbox);
    const both = [call(), call()];
    await until(() => ready(sandbox).length === 2);
    await answerAll();
    await Promise.all(both);
    for (let i = 0; i < 30; i++) {
      const one = call();
      await answerAll();
      assert.ok(isOutput(await one));
      await clock.advance(IDLE_MS / 8);
    }
    assert.deepEqual(ready(sandbox), [0]);
  }));

test('calls that arrive while threads end or start are all served', () =>
  withSandbox({ threads: 4, minThreads: 1 }, async (sandbox, clock) => {
    const module = sandbox.load(echo());
    const results: Promise<CallResult>[] = [];
    for (let round = 0; round < 12; round++) {
      for (let i = 0; i < 40; i++) {
        results.push(sandbox.call(module, { capabilities: capabilities(), input: utf8('x') }));
      }
      await clock.advance(round % 3 === 0 ? 2 * IDLE_MS : IDLE_MS / 3);
    }
    assert.ok((await Promise.all(results)).every(isOutput));
    assert.equal(sandbox.stats().threadsLost, 0);
  }));

test('a thread that comes later knows what was loaded before, and nothing that was unloaded', () =>
  withSandbox({ threads: 2, minThreads: 1 }, async (sandbox) => {
    const { call, answerAll } = asking(sandbox);
    const gone = sandbox.load(echo());
    sandbox.unload(gone);
    const calls = [call(), call()];
    await until(() => ready(sandbox).length === 2);
    calls.push(call());
    await until(() => sandbox.stats().threads.every(({ calls: open }) => open > 0));
    await answerAll();
    assert.ok((await Promise.all(calls)).every(isOutput));
  }));

test('closing while a thread starts or ends leaves none', () =>
  withSandbox({ threads: 3, minThreads: 1 }, async (sandbox, clock) => {
    const { call, answerAll } = asking(sandbox);
    const calls = [call(), call()];
    await until(() => ready(sandbox).length === 2);
    await answerAll();
    await Promise.all(calls);
    await clock.advance(2 * IDLE_MS);
    const last = [call(), call()];
    const closed = sandbox.close(0);
    await clock.advance(1000);
    await closed;
    assert.ok((await Promise.all(last)).every(({ kind }) => kind === 'failure'));
    const held = process.getActiveResourcesInfo().filter((name) => name === 'MessagePort' || name === 'Worker');
    assert.deepEqual(held, []);
  }));
