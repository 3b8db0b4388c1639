import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { capabilities, env, guestText, realClock } from '../../../test/support/guests.ts';
import { assemble } from '../../../test/support/wasm-engine.ts';
import { utf8 } from '../../kernel/index.ts';
import type { CpuProfile } from '../profile/index.ts';
import { Sandbox, type SandboxModule } from './index.ts';

let sandbox: Sandbox;

before(async () => {
  sandbox = await Sandbox.create({ clock: realClock, limits: { threads: 2, minThreads: 2 } });
});

after(() => sandbox.close(1000));

/** A guest that spins in `name`, calls the host now and then, and ends when its answer says so. */
function spinner(name: string, names: boolean): Uint8Array {
  return assemble(
    guestText({
      imports: env('cache_get', 3),
      fields: `(func $${name} (local $i i32)
        (local.set $i (i32.const 400000))
        (loop $l (local.set $i (i32.sub (local.get $i) (i32.const 1))) (br_if $l (local.get $i))))`,
      run: `(loop $again (call $${name})
        (br_if $again (i32.gt_s (call $cache_get (i32.const 0) (i32.const 4) (local.get $ident)) (i32.const 0))))`,
    }),
    names,
  );
}

/** Keeps `module` busy until it is disposed of. */
function busy(module: SandboxModule, calls: number): AsyncDisposable {
  let isOver = false;
  const cacheGet = async () => {
    return isOver
      ? ({ ok: false, reason: 'missing', message: '' } as const)
      : ({ ok: true, value: utf8('again') } as const);
  };
  const limits = { cpuMs: 60_000, deadlineMs: 60_000, hostCallsPerSecond: 1e6 };
  const ends = Array.from({ length: calls }, () =>
    sandbox.call(module, { capabilities: capabilities({ cacheGet }), limits }),
  );
  return {
    [Symbol.asyncDispose]: async () => {
      isOver = true;
      for (const end of await Promise.all(ends)) assert.equal(end.kind, 'output', JSON.stringify(end));
    },
  };
}

/** Time by name of function, microseconds. */
function timesOf({ nodes, samples, timeDeltas }: CpuProfile): Record<string, number> {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, callFrame.functionName]));
  const times: Record<string, number> = {};
  for (const [i, id] of samples.entries()) {
    const name = names.get(id) ?? assert.fail();
    times[name] = (times[name] ?? 0) + (timeDeltas[i] ?? 0);
  }
  return times;
}

/** Profiles `module` until its functions named so were seen to run; a machine that is busy may not let them for a while. */
async function profileOf(module: SandboxModule, ...names: string[]): Promise<CpuProfile> {
  for (let attempt = 0; ; attempt++) {
    const profile = await sandbox.profile(module, 200);
    const times = timesOf(profile);
    if (names.every((name) => (times[name] ?? 0) > 10_000)) return profile;
    assert.ok(attempt < 50, JSON.stringify(times));
  }
}

test('a profile tells which functions of a module took the time, and nothing of other modules', async () => {
  const mine = sandbox.load(spinner('crunch', true));
  const others = sandbox.load(spinner('other_tenants_secret', true));
  await using _mine = busy(mine, 2);
  await using _others = busy(others, 2);
  const profile = await profileOf(mine, 'crunch', '(other)');
  const { crunch = 0, run: runTime = 0 } = timesOf(profile);
  assert.ok(crunch > 3 * runTime, 'the loop, not what calls it');
  assert.doesNotMatch(JSON.stringify(profile), /secret|file:|thread\.ts/);
  const run = profile.nodes.find(({ callFrame }) => callFrame.functionName === 'run');
  const child = profile.nodes.find(
    ({ id, callFrame }) => callFrame.functionName === 'crunch' && run?.children?.includes(id),
  );
  assert.ok(child, 'crunch was called by run');
});

test('functions without names have their numbers of the module as it was handed in', async () => {
  const module = sandbox.load(spinner('crunch', false));
  await using _ = busy(module, 1);
  await profileOf(module, 'wasm-function[1]');
});

test('a profile of nothing is one all the same', async () => {
  const module = sandbox.load(spinner('crunch', false));
  const { nodes, samples, timeDeltas } = await sandbox.profile(module, 60);
  assert.deepEqual(
    nodes
      .slice(0, 3)
      .map(({ callFrame }) => callFrame.functionName)
      .sort(),
    ['(idle)', '(other)', '(root)'],
  );
  assert.equal(samples.length, timeDeltas.length);
});

test('one at a time, and it can be given up', async () => {
  const module = sandbox.load(spinner('crunch', false));
  const controller = new AbortController();
  const first = sandbox.profile(module, 60_000, controller.signal);
  await assert.rejects(sandbox.profile(module, 10), { code: 'PROFILE_BUSY' });
  controller.abort(new Error('enough'));
  await assert.rejects(first, /enough|abort/i);
  await sandbox.profile(module, 20);
  sandbox.unload(module);
  await assert.rejects(sandbox.profile(module, 20), TypeError);
});
