import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { assemble } from '../../../../test/support/wasm-engine.ts';
import { type GuestStep, wasm } from '../../abi/index.ts';
import { Coroutines, type Job, TRAMPOLINE } from './coroutines.ts';
import { ensureSandboxFlags } from '../flags.ts';
import { makeKillToken } from './kill.ts';

ensureSandboxFlags();

const GUEST = assemble(`(module (import "h" "wait" (func $wait)) (import "h" "log" (func $log (param i32)))
  (func (export "start") (call $wait)) (func (export "trap") unreachable)
  (func (export "allocate") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
  (func (export "run") (param i32 i32 i32) (call $log (local.get 0)) (call $log (local.get 1)) (call $log (local.get 2)))
  (func (export "free1") (param i32) (call $log (local.get 0)))
  (func (export "free2") (param i32 i32) (call $log (local.get 0)) (call $log (local.get 1)))
  (func (export "cling") (try (do (call $wait)) (catch_all (call $log (i32.const -1))))))`);

function guest(wait: () => unknown = () => {}) {
  const logged: number[] = [];
  const log = (value: number): void => void logged.push(value);
  const { exports } = new wasm.Instance(new wasm.Module(GUEST), { h: { wait: new wasm.Suspending(wait), log } });
  return { exports, logged };
}

/** Runs `steps`; resolves with what each gave. */
function run(coroutines: Coroutines, steps: readonly GuestStep[]): Promise<unknown[]> {
  const { promise, resolve } = Promise.withResolvers<unknown[]>();
  const results: unknown[] = [];
  const next = (result: unknown): GuestStep | undefined => {
    results.push(result);
    const step = steps[results.length];
    if (step === undefined) resolve(results);
    return step;
  };
  const job: Job = { returned: next, threw: next };
  coroutines.run(job, steps[0]!);
  return promise;
}

test('the trampoline is what its comment says', () => {
  const source = readFileSync(path.join(import.meta.dirname, 'coroutines.ts'), 'utf8');
  const text = /\/\*\*\n \* \(module[\s\S]*?\*\//
    .exec(source)?.[0]
    .replaceAll(/^( \*|\/\*\*).?/gm, '')
    .replace('*/', '');
  assert.deepEqual(assemble(text!.replace(/\/$/, '')), TRAMPOLINE);
});

test('every type of step gets its arguments and gives its result', async () => {
  const { exports, logged } = guest();
  const steps: GuestStep[] = [
    { type: 'start', target: exports['start'], args: [] },
    { type: 'allocate', target: exports['allocate'], args: [21] },
    { type: 'run', target: exports['run'], args: [1, 2, -3] },
    { type: 'free1', target: exports['free1'], args: [4] },
    { type: 'free2', target: exports['free2'], args: [5, 6] },
  ];
  const results = await run(new Coroutines(), steps);
  assert.equal(results[1], 42);
  assert.deepEqual(logged, [1, 2, -3, 4, 5, 6]);
});

test('a stack is used again, also at the same time as others', async () => {
  const coroutines = new Coroutines();
  const { exports } = guest(() => new Promise(setImmediate));
  const start: GuestStep = { type: 'start', target: exports['start'], args: [] };
  for (let i = 0; i < 5; i++) {
    await Promise.all(Array.from({ length: 64 }, () => run(coroutines, [start, start])));
    await new Promise(setImmediate);
    assert.deepEqual(coroutines.size, { all: 64, idle: 64 });
  }
});

test('after a trap the job goes on, on another stack', async () => {
  const coroutines = new Coroutines();
  const { exports, logged } = guest();
  const steps: GuestStep[] = [
    { type: 'start', target: exports['trap'], args: [] },
    { type: 'run', target: exports['run'], args: [7, 8, 9] },
  ];
  const results = await run(coroutines, steps);
  assert.match(String(results[0]), /RuntimeError: unreachable/);
  assert.deepEqual(logged, [7, 8, 9]);
  await new Promise(setImmediate);
  assert.deepEqual(coroutines.size, { all: 64, idle: 64 });
});

test('the kill token passes through catch_all, an error of JavaScript does not', async () => {
  const token = makeKillToken();
  for (const [error, caught] of [
    [token, false],
    [new Error('made here'), true],
  ] as const) {
    for (const wait of [
      () => Promise.reject(error),
      () => {
        throw error;
      },
    ]) {
      const { exports, logged } = guest(wait);
      const [result] = await run(new Coroutines(), [{ type: 'start', target: exports['cling'], args: [] }]);
      assert.deepEqual(logged, caught ? [-1] : []);
      assert.equal(result === error, !caught);
    }
  }
});

test('bursts of guests that wait, end or are ended leave no address space behind', {
  skip: !existsSync('/proc/self/status') && 'needs /proc',
}, async () => {
  const coroutines = new Coroutines();
  const token = makeKillToken();
  const megabytes = (): number => Number(/VmSize:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1024;
  const burst = async (kill: boolean): Promise<void> => {
    const open: PromiseWithResolvers<void>[] = [];
    const { exports } = guest(() => {
      const one = Promise.withResolvers<void>();
      open.push(one);
      return one.promise;
    });
    const start: GuestStep = { type: 'start', target: exports['start'], args: [] };
    const jobs = Array.from({ length: 320 }, () => run(coroutines, [start]));
    while (open.length < 320) await new Promise(setImmediate);
    for (const one of open) {
      if (kill) coroutines.unwind(() => one.reject(token));
      else one.resolve();
    }
    await Promise.all(jobs);
  };
  await burst(false);
  await burst(true);
  const before = megabytes();
  for (let i = 0; i < 6; i++) await burst(i % 2 === 0);
  // Without reuse each burst would leave about 300 MB.
  assert.ok(megabytes() - before < 150, `${megabytes() - before} MB`);
});
