import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { capabilities, echo, ECHO, env, guest, guestText, realClock } from '../../../../test/support/guests.ts';
import { large } from '../../../../test/support/large-guest.ts';
import { assemble } from '../../../../test/support/wasm-engine.ts';
import { isolationFlags, spawnSandbox } from './child.ts';
import type { CallResult } from '../index.ts';
import { SandboxProcess, SandboxProcesses } from './index.ts';

const limits = { threads: 1 } as const;
const input = new TextEncoder().encode('over there');

/** Ends with the test. */
function open(callLimits = {}): SandboxProcess {
  return new SandboxProcess({ clock: realClock, limits, callLimits });
}

/** Our children that run the entry. */
function children(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const [, parent] = /\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
        return Number(parent) === process.pid && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('--permission');
      } catch {
        return false;
      }
    });
}

test('a call goes over and comes back, with request, headers and changes', async () => {
  await using sandbox = open();
  const module = await sandbox.load(
    guest({
      imports: env('return_result', 3, 0) + env('resp_set_header', 5, 0),
      fields: '(data (i32.const 0) "x-heardyes")',
      run: `(call $resp_set_header (i32.const 0) (i32.const 7) (i32.const 7) (i32.const 3) (local.get $ident)) ${ECHO}`,
    }),
  );
  assert.match(module.digest, /^sha256:[0-9a-f]{64}$/);
  const request = {
    method: 'POST',
    url: '/x',
    id: 'r1',
    body: input,
    headers: new Map([['a', 'b']]),
    params: new Map<string, string>(),
    state: new Map([['s', Uint8Array.of(1)]]),
    responseHeaders: new Map<string, string>(),
  };
  const result = await sandbox.call(module, { request, capabilities: capabilities() });
  assert.ok(result.kind === 'output', JSON.stringify(result));
  assert.deepEqual(Buffer.from(result.output ?? []), Buffer.from(input));
  assert.deepEqual([...result.responseHeaders], [['x-heard', 'yes']]);
  assert.ok(result.usage.cpuMs > 0);
});

test('a module that cannot run is refused with its own code', async () => {
  await using sandbox = open();
  await assert.rejects(sandbox.load(Uint8Array.of(1, 2, 3, 4)), { code: 'WASM_NOT_WASM' });
});

test('capabilities stay with the owner: granted ones are asked for, others refused', async () => {
  await using sandbox = open();
  const asks = guest({
    imports: env('return_result', 3, 0) + env('cache_get', 3) + env('get_ffi_result', 2),
    fields: '(data (i32.const 0) "key")',
    run: `(drop (call $cache_get (i32.const 0) (i32.const 3) (local.get $ident)))
      (drop (call $get_ffi_result (i32.const 1024) (local.get $ident)))
      (call $return_result (i32.const 1024) (i32.const 5) (local.get $ident))`,
  });
  const module = await sandbox.load(asks);
  const keys: string[] = [];
  const result = await sandbox.call(module, {
    input,
    capabilities: capabilities({
      cacheGet: async (key) => {
        keys.push(key);
        return { ok: true, value: new TextEncoder().encode('value') };
      },
    }),
  });
  assert.ok(result.kind === 'output', JSON.stringify(result));
  assert.equal(Buffer.from(result.output ?? []).toString(), 'value');
  assert.deepEqual(keys, ['key']);
});

test('failures say where the guest was, and refusals inside of its thread are counted under the label', async () => {
  await using sandbox = open();
  const module = await sandbox.load(
    guest({
      imports: env('request_get_field', 4),
      fields: '(func $deep unreachable)',
      run: `(drop (call $request_get_field (i32.const 0) (i32.const 0) (i32.const 1) (local.get $ident))) (call $deep)`,
    }),
  );
  const nothing = { ...capabilities(), requestFields: { get: false, set: false, responseHeaders: false } };
  const result = await sandbox.call(module, { input, capabilities: nothing, label: 'lost', caller: 'somebody' });
  assert.ok(result.kind === 'failure' && result.code === 'TRAP', JSON.stringify(result));
  // Numbers of the module as it was handed in: one import, then `$deep`, `allocate`, `deallocate`, `run_e`.
  assert.deepEqual(
    result.stack?.map(({ functionIndex }) => functionIndex),
    [1, 4],
  );
  const [counted] = sandbox.stats().functions;
  assert.deepEqual([counted?.label, counted?.outcomes, counted?.denials], ['lost', { TRAP: 1 }, { getField: 1 }]);
});

test('what a function declares lowers its limits, and nothing raises them', async () => {
  await using sandbox = open({ cpuMs: 60 });
  const module = await sandbox.load(guest({ run: '(loop $ever (br $ever))' }));
  for (const [declared, code] of [
    [{ deadlineMs: 20, cpuMs: 60_000 }, 'DEADLINE'],
    [{ cpuMs: 60_000 }, 'CPU_TIME'],
  ] as const) {
    const result = await sandbox.call(module, { capabilities: capabilities(), declared });
    assert.ok(result.kind === 'failure' && result.code === code, JSON.stringify(result));
  }
});

test('a caller has no more calls in flight there than it may, and others are served', async () => {
  await using sandbox = new SandboxProcess({ clock: realClock, limits: { ...limits, callerConcurrency: 1, queue: 0 } });
  const [spinning, module] = [await sandbox.load(guest({ run: '(loop $l (br $l))' })), await sandbox.load(echo())];
  const stop = new AbortController();
  const running = sandbox.call(spinning, { capabilities: capabilities(), caller: 'a', signal: stop.signal });
  const ends = await Promise.all(
    ['a', 'b', undefined].map((caller) =>
      sandbox.call(module, { input, capabilities: capabilities(), ...(caller !== undefined && { caller }) }),
    ),
  );
  assert.deepEqual(
    ends.map((end) => (end.kind === 'failure' ? end.code : end.kind)),
    ['OVERLOADED', 'output', 'output'],
  );
  stop.abort();
  assert.equal((await running).kind, 'failure');
});

test('guests go on while a large module is taken in', async () => {
  await using sandbox = open();
  const module = await sandbox.load(echo());
  const state = { taken: false, between: 0 };
  const loading = sandbox.load(large(8)).finally(() => (state.taken = true));
  while (!state.taken) {
    assert.equal((await sandbox.call(module, { input, capabilities: capabilities() })).kind, 'output');
    state.between++;
  }
  const loaded = await loading;
  // One that has to wait for it is the only one.
  assert.ok(state.between > 5, `${state.between} calls`);
  assert.equal((await sandbox.call(loaded, { input, capabilities: capabilities() })).kind, 'output');
});

test('limits hold over there, and neighbours go on', async () => {
  await using sandbox = open({ cpuMs: 50 });
  const [hostile, honest] = [await sandbox.load(guest({ run: '(loop $ever (br $ever))' })), await sandbox.load(echo())];
  const ending = sandbox.call(hostile, { capabilities: capabilities() });
  const result = await sandbox.call(honest, { input, capabilities: capabilities() });
  assert.equal(result.kind, 'output');
  const ended = await ending;
  assert.ok(ended.kind === 'failure' && ended.code === 'CPU_TIME', JSON.stringify(ended));
});

test('the caller can give up', async () => {
  await using sandbox = open();
  const module = await sandbox.load(guest({ run: '(loop $ever (br $ever))' }));
  const signal = AbortSignal.timeout(20);
  const result = await sandbox.call(module, { capabilities: capabilities(), signal });
  assert.ok(result.kind === 'failure' && result.code === 'ABORTED', JSON.stringify(result));
});

test('a lost process ends its calls, and the next call has a new one with the same modules', async () => {
  await using sandbox = open();
  const [hostile, honest] = [await sandbox.load(guest({ run: '(loop $ever (br $ever))' })), await sandbox.load(echo())];
  const ending = sandbox.call(hostile, { capabilities: capabilities() });
  assert.equal((await sandbox.call(honest, { input, capabilities: capabilities() })).kind, 'output');
  const [pid] = children();
  assert.ok(pid !== undefined);
  process.kill(pid, 'SIGKILL');
  const lost = await ending;
  assert.ok(lost.kind === 'failure' && lost.code === 'THREAD_LOST', JSON.stringify(lost));
  const early = await sandbox.call(honest, { input, capabilities: capabilities() });
  assert.ok(early.kind === 'failure' && early.code === 'OVERLOADED' && early.retryAfterSeconds === 1);
  await pause(1000);
  const again = await sandbox.call(honest, { input, capabilities: capabilities() });
  assert.equal(again.kind, 'output', JSON.stringify(again));
  assert.notEqual(children()[0], pid);
});

test('a new process that does not take a module is given up, and a later call has another', async () => {
  let aheadMs = 0;
  const clock = { ...realClock, monotonicMs: () => performance.now() + aheadMs };
  await using sandbox = new SandboxProcess({ clock, limits });
  const options: { limits: { maxModuleBytes?: number } } = { limits: {} };
  const bytes = echo();
  const module = await sandbox.load(bytes, options);
  bytes.fill(0);
  const call = (): Promise<CallResult> => sandbox.call(module, { input, capabilities: capabilities() });
  const lose = async (losses: number, end: () => void): Promise<void> => {
    end();
    while (sandbox.stats().threadsLost < losses) await pause(5);
    aheadMs += 1000;
  };
  await lose(1, () => process.kill(children()[0] as number, 'SIGKILL'));
  options.limits.maxModuleBytes = 1;
  const refused = await call();
  assert.ok(refused.kind === 'failure' && refused.code === 'OVERLOADED', JSON.stringify(refused));
  await lose(2, () => delete options.limits.maxModuleBytes);
  assert.equal((await call()).kind, 'output', 'what the caller does with its bytes later does not matter');
});

test('the process has no environment, no socket and no file but pipes, and goes with its owner', {
  skip: process.platform !== 'linux' && 'reads /proc',
}, async () => {
  const sandbox = open();
  await sandbox.load(echo());
  const [pid] = children();
  assert.ok(pid !== undefined);
  assert.equal(readFileSync(`/proc/${pid}/environ`, 'utf8'), '');
  for (const descriptor of readdirSync(`/proc/${pid}/fd`)) {
    let target: string;
    try {
      target = readlinkSync(`/proc/${pid}/fd/${descriptor}`);
    } catch {
      // Closed between the listing and the look.
      continue;
    }
    if (Number(descriptor) <= 2) assert.match(target, /^(pipe|socket):/);
    else assert.match(target, /^(anon_inode:|pipe:|\/dev\/null$|\/dev\/urandom$)/, target);
  }
  await sandbox.close(0);
  assert.deepEqual(children(), []);
  await assert.rejects(sandbox.load(echo()), { code: 'SANDBOX_CLOSED' });
});

test('what the process could not do is refused before it is asked', async () => {
  await using sandbox = open();
  const module = await sandbox.load(echo());
  const directories = [{ guestPath: '/data', hostPath: '/tmp', writable: false }];
  await assert.rejects(sandbox.call(module, { capabilities: capabilities(), wasi: { directories } }), {
    code: 'WASI_UNSUPPORTED',
  });
  await assert.rejects(sandbox.call(module, { capabilities: capabilities(), wasi: { arguments: ['\0'] } }), {
    code: 'WASI_BAD_GRANT',
  });
  await assert.rejects(sandbox.call(module, { capabilities: capabilities(), limits: { cpuMs: -1 } }), {
    code: 'SANDBOX_BAD_LIMIT',
  });
  await assert.rejects(sandbox.call({ digest: 'sha256:00' }, { capabilities: capabilities() }), TypeError);
  assert.equal((await sandbox.call(module, { input, capabilities: capabilities() })).kind, 'output');
});

test('each tenant has a process while it has modules', async () => {
  await using sandbox = new SandboxProcesses({ clock: realClock, limits });
  const [first, second, again] = [
    await sandbox.load(echo(), { tenant: 'a' }),
    await sandbox.load(echo(), { tenant: 'b' }),
    await sandbox.load(echo(), { tenant: 'a' }),
  ];
  assert.equal(children().length, 2);
  for (const module of [first, second, again]) {
    assert.equal((await sandbox.call(module, { input, capabilities: capabilities(), label: 'f' })).kind, 'output');
  }
  assert.deepEqual(
    sandbox.stats().functions.map(({ label, outcomes }) => [label, outcomes]),
    [['f', { output: 3 }]],
  );
  sandbox.unload(second);
  await assert.rejects(sandbox.call(second, { capabilities: capabilities() }), TypeError);
  sandbox.unload(first);
  assert.equal((await sandbox.call(again, { input, capabilities: capabilities() })).kind, 'output');
  assert.ok(children().length <= 2);
});

test('a profile is taken in the process that runs the function, and tells nothing of the way there', async () => {
  await using sandbox = new SandboxProcesses({ clock: realClock, limits });
  const spin = '(func $crunch (loop $l (br $l)))';
  const [mine, other] = await Promise.all([
    sandbox.load(assemble(guestText({ fields: spin, run: '(call $crunch)' }), true), { tenant: 'a' }),
    sandbox.load(assemble(guestText({ fields: spin.replace('crunch', 'secret'), run: '(call $secret)' }), true), {
      tenant: 'a',
    }),
  ]);
  const stop = new AbortController();
  const callLimits = { cpuMs: 60_000, deadlineMs: 60_000 };
  const running = [mine, other].map((module) =>
    sandbox.call(module, { capabilities: capabilities(), limits: callLimits, signal: stop.signal }),
  );
  let hits = 0;
  for (let attempt = 0; hits < 5 && attempt < 50; attempt++) {
    const taken = await sandbox.profile(mine, 200);
    assert.doesNotMatch(JSON.stringify(taken), /secret|file:|entry\.ts/);
    hits += taken.nodes.find(({ callFrame }) => callFrame.functionName === 'crunch')?.hitCount ?? 0;
  }
  assert.ok(hits >= 5);
  const first = sandbox.profile(mine, 60_000, AbortSignal.timeout(300));
  await assert.rejects(sandbox.profile(mine, 50), { code: 'PROFILE_BUSY' });
  await assert.rejects(first, { name: 'TimeoutError' });
  const busy = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'PROFILE_BUSY';
  // The one that was given up ends a moment later.
  while (await sandbox.profile(mine, 50).then(() => false, busy));
  const lost = sandbox.profile(mine, 60_000);
  for (const pid of children()) process.kill(pid, 'SIGKILL');
  await assert.rejects(lost, { code: 'SANDBOX_PROCESS' });
  stop.abort();
  await Promise.all(running);
  sandbox.unload(mine);
  await assert.rejects(sandbox.profile(mine, 50), TypeError);
});

test('a process that does not read what it is told is ended before it takes the memory of its owner', {
  skip: process.platform === 'win32' && 'stops a process',
}, async () => {
  await using sandbox = new SandboxProcess({ clock: realClock, limits: { ...limits, inputBytes: 1 << 20 } });
  await sandbox.load(echo());
  process.kill(children()[0] as number, 'SIGSTOP');
  const module = new Uint8Array(8 << 20);
  const loads = Array.from({ length: 12 }, () =>
    sandbox.load(module).then(
      () => 'loaded',
      (error: { code?: unknown }) => error.code,
    ),
  );
  assert.deepEqual(await Promise.all(loads), Array(12).fill('SANDBOX_PROCESS'));
});

test('a process whose owner is gone ends', async () => {
  const child = spawnSandbox();
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.stdout?.resume();
  child.stdin?.end();
  assert.equal(await exited, 0);
});

test('under its flags files, network, processes and evaluation are out of reach', () => {
  const attempts = {
    file: "require('node:fs').readFileSync('/etc/passwd')",
    own: "require('node:fs').writeFileSync('/tmp/never', '')",
    process: "require('node:child_process').execFileSync('id')",
    evaluation: "new Function('return 1')()",
  };
  const probe = Object.values(attempts)
    .map((attempt) => `try { ${attempt}; said.push('done') } catch ({ code, name }) { said.push(code ?? name) }`)
    .join('\n');
  const program = `const said = []; ${probe};
    require('node:net').connect(1, '127.0.0.1').on('error', ({ code }) => console.log([code, ...said].join()))`;
  const said = execFileSync(process.execPath, [...isolationFlags(), '--eval', program], { env: {}, encoding: 'utf8' });
  const denied = 'ERR_ACCESS_DENIED';
  assert.equal(said.trim(), [denied, denied, denied, denied, 'EvalError'].join());
});
