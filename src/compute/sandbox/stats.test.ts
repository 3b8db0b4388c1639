import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { capabilities, ECHO, echo, env, guest, realClock } from '../../../test/support/guests.ts';
import { utf8 } from '../../kernel/index.ts';
import type { FunctionStatistics } from '../metrics/index.ts';
import { Sandbox } from './index.ts';

let sandbox: Sandbox;

before(async () => {
  sandbox = await Sandbox.create({ clock: realClock, limits: { threads: 1, concurrency: 1, queue: 1 } });
});

after(() => sandbox.close(1000));

function statisticsOf(label: string): FunctionStatistics {
  const found = sandbox.stats().functions.find((one) => one.label === label);
  assert.ok(found, `${label} was counted`);
  return found;
}

function countOf({ counts }: { readonly counts: readonly number[] }): number {
  return counts.reduce((a, b) => a + b, 0);
}

test('the parts of a duration add up to it', async () => {
  const module = sandbox.load(
    guest({
      imports: env('cache_get', 3) + env('return_result', 3, 0),
      run: `(drop (call $cache_get (i32.const 0) (i32.const 4) (local.get $ident))) ${ECHO}`,
    }),
  );
  const waitingMs = 40;
  const slow = capabilities({
    cacheGet: () =>
      new Promise((resolve) => realClock.schedule(waitingMs, () => resolve({ ok: true, value: utf8('x') }))),
  });
  const { usage } = await sandbox.call(module, { capabilities: slow, label: 'waits' });
  const { wallMs, queueMs, startMs, runMs, waitMs, cpuMs } = usage;
  assert.ok(startMs > 0 && runMs > 0 && waitMs > waitingMs - 5, JSON.stringify(usage));
  assert.ok(Math.abs(queueMs + startMs + runMs + waitMs - wallMs) < 1e-6, JSON.stringify(usage));
  assert.ok(cpuMs > runMs && cpuMs < runMs + startMs, 'making the instance is CPU time, but not running');
  const { durations } = statisticsOf('waits');
  assert.deepEqual(
    [durations.wall.sum, durations.queue.sum, durations.start.sum, durations.run.sum, durations.wait.sum],
    [wallMs, queueMs, startMs, runMs, waitMs],
  );
});

test('calls are counted by label and outcome, with what they used', async () => {
  const good = sandbox.load(echo());
  const bad = sandbox.load(guest({ run: '(unreachable)', pages: 3 }));
  const options = { capabilities: capabilities(), label: 'mixed' };
  await sandbox.call(good, options);
  await sandbox.call(bad, options);
  await sandbox.call(good, options);
  const { outcomes, memoryBytes, hostCalls, cpuMs, durations, memory } = statisticsOf('mixed');
  assert.deepEqual(outcomes, { output: 2, TRAP: 1 });
  assert.deepEqual([memoryBytes, hostCalls], [3 * 65_536, 2]);
  assert.ok(cpuMs > 0);
  for (const histogram of [...Object.values(durations), memory]) assert.equal(countOf(histogram), 3);
  assert.equal(memory.sum, 5 * 65_536);
});

test('who waits in line has it counted as queueing, and who is sent away is counted too', async () => {
  const spin = sandbox.load(guest({ run: '(loop $l (br $l))' }));
  const options = { capabilities: capabilities(), limits: { cpuMs: 20 } };
  const ends = await Promise.all(
    ['first', 'second', 'third'].map((label) => sandbox.call(spin, { ...options, label })),
  );
  assert.deepEqual(
    ends.map((end) => end.kind === 'failure' && end.code),
    ['CPU_TIME', 'CPU_TIME', 'OVERLOADED'],
  );
  assert.ok(statisticsOf('second').durations.queue.sum >= 20);
  assert.deepEqual(statisticsOf('third').outcomes, { OVERLOADED: 1 });
});

test('a capability that was refused is counted by its name alone', async () => {
  const asking = guest({
    imports: env('cache_get', 3) + env('get_secret_value', 3),
    run: `(drop (call $cache_get (i32.const 0) (i32.const 4) (local.get $ident)))
      (drop (call $cache_get (i32.const 0) (i32.const 4) (local.get $ident)))
      (drop (call $get_secret_value (i32.const 0) (i32.const 4) (local.get $ident)))`,
  });
  const missing = async () => ({ ok: false, reason: 'missing', message: 'no such secret' }) as const;
  await sandbox.call(sandbox.load(asking), { capabilities: capabilities({ secret: missing }), label: 'asks' });
  assert.deepEqual(statisticsOf('asks').denials, { cacheGet: 2 }, 'what is missing was not refused');
});

test('what a thread refuses of the request is counted', async () => {
  const asking = guest({
    imports: env('request_get_field', 4) + env('request_set_field', 6) + env('resp_set_header', 5, 0),
    run: `(drop (call $request_get_field (i32.const 0) (i32.const 0) (i32.const 1) (local.get $ident)))
      (drop (call $request_get_field (i32.const 0) (i32.const 0) (i32.const 1) (local.get $ident)))
      (drop (call $request_set_field (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 1) (local.get $ident)))
      (call $resp_set_header (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 1) (local.get $ident))`,
  });
  const module = sandbox.load(asking);
  const granted = capabilities();
  await sandbox.call(module, { capabilities: granted, label: 'fields' });
  const nothing = { ...granted, requestFields: { get: false, set: false, responseHeaders: false } };
  const { usage } = await sandbox.call(module, { capabilities: nothing, label: 'fields' });
  assert.deepEqual(usage.denials, { getField: 2, setField: 1, responseHeaders: 1 });
  assert.deepEqual(statisticsOf('fields').denials, usage.denials);
});

test('without a label calls are counted under the digest of their module', async () => {
  const module = sandbox.load(guest({ run: '' }));
  await sandbox.call(module, { capabilities: capabilities() });
  assert.deepEqual(statisticsOf(module.digest).outcomes, { output: 1 });
});
