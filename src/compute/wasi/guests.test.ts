import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { capabilities, ECHO, env, guest, realClock, wasi } from '../../../test/support/guests.ts';
import { noDirectories, temporaryFolder } from '../../../test/support/wasi-guest.ts';
import { assemble } from '../../../test/support/wasm-engine.ts';
import { fromUtf8, hasCode, utf8 } from '../../kernel/index.ts';
import { type CallOptions, type CallResult, Sandbox } from '../sandbox/index.ts';
import type { WasiGrant } from './host/index.ts';

// Guests in text form: what WASI is to them inside of the sandbox, with its threads, limits and ends.

let sandbox: Sandbox;

before(async () => {
  sandbox = await Sandbox.create({ clock: realClock, limits: { threads: 1 } });
});

after(() => sandbox.close(1000));

const POLL = wasi('poll_oneoff', 'i32 i32 i32 i32');
const RETURN = env('return_result', 3, 0);

/** Sleeps for `ms` by the monotonic clock. */
function sleep(ms: number): string {
  return `(i32.store8 (i32.const 72) (i32.const 0)) (i32.store (i32.const 80) (i32.const 1))
    (i64.store (i32.const 88) (i64.const ${ms * 1_000_000}))
    (if (call $poll_oneoff (i32.const 64) (i32.const 128) (i32.const 1) (i32.const 60)) (then unreachable))`;
}

/** Opens `name` in descriptor 3 for reading and reads it to address 1024; the errno in `$n`, the length at 48. */
const OPEN_AND_READ = (name: string): string => `
  (local.set $n (call $path_open (i32.const 3) (i32.const 1) (i32.const 512) (i32.const ${name.length}) (i32.const 0)
    (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 40)))
  (if (i32.eqz (local.get $n)) (then
    (i32.store (i32.const 32) (i32.const 1024)) (i32.store (i32.const 36) (i32.const 100))
    (local.set $n (call $fd_read (i32.load (i32.const 40)) (i32.const 32) (i32.const 1) (i32.const 48)))))`;

const FILES =
  wasi('path_open', 'i32 i32 i32 i32 i32 i64 i64 i32 i32') + wasi('fd_read', 'i32 i32 i32 i32') + POLL + RETURN;

/** Returns what is in `name`, or nothing and leaves the errno as a guest error. */
function reader(name: string, afterwards = ''): Uint8Array {
  return guest({
    imports: FILES + env('return_error', 4, 0),
    fields: `(data (i32.const 512) "${name}")`,
    run: `${OPEN_AND_READ(name)} ${afterwards}
      (if (local.get $n) (then (call $return_error (local.get $n) (i32.const 0) (i32.const 0) (local.get $ident))))
      (call $return_result (i32.const 1024) (i32.load (i32.const 48)) (local.get $ident))`,
  });
}

async function run(bytes: Uint8Array, options: Partial<CallOptions> = {}): Promise<CallResult> {
  const module = sandbox.load(bytes);
  try {
    return await sandbox.call(module, { capabilities: capabilities(), ...options });
  } finally {
    sandbox.unload(module);
  }
}

/** The output, or how the call ended otherwise. */
function told(result: CallResult): string {
  if (result.kind === 'output') return result.output === undefined ? '(nil)' : fromUtf8(result.output);
  return `${result.kind} ${result.code}`;
}

function world(): { folder: ReturnType<typeof temporaryFolder>; grant: WasiGrant; openBelow: () => string[] } {
  const folder = temporaryFolder();
  mkdirSync(path.join(folder.path, 'data'));
  writeFileSync(path.join(folder.path, 'data/name'), 'contents');
  const directories = [{ guestPath: '/', hostPath: path.join(folder.path, 'data'), writable: true }];
  const openBelow = (): string[] =>
    readdirSync('/proc/self/fd').flatMap((fd) => {
      try {
        const target = readlinkSync(`/proc/self/fd/${fd}`);
        return target.startsWith(folder.path) ? [target] : [];
      } catch {
        // The one by which the list itself was read.
        return [];
      }
    });
  return { folder, grant: { directories }, openBelow };
}

test('a guest that sleeps holds no thread', async () => {
  const module = sandbox.load(guest({ imports: POLL + RETURN, run: `${sleep(150)} ${ECHO}` }));
  const begin = performance.now();
  const calls = Array.from({ length: 40 }, () =>
    sandbox.call(module, { capabilities: capabilities(), input: utf8('x') }),
  );
  for (const result of await Promise.all(calls)) {
    assert.equal(told(result), 'x');
    assert.ok(result.usage.wallMs >= 150, JSON.stringify(result.usage));
    assert.equal(result.usage.hostCalls, 2);
  }
  assert.ok(performance.now() - begin < 40 * 150);
  sandbox.unload(module);
});

test('a guest that sleeps is ended by its deadline and by its caller', async () => {
  const sleeper = guest({ imports: POLL + RETURN, run: `${sleep(60_000)} ${ECHO}` });
  const late = await run(sleeper, { limits: { deadlineMs: 50 } });
  assert.equal(told(late), 'failure DEADLINE');
  assert.ok(late.usage.wallMs < 10_000);
  const controller = new AbortController();
  const module = sandbox.load(sleeper);
  const call = sandbox.call(module, { capabilities: capabilities(), signal: controller.signal });
  setImmediate(() => setImmediate(() => controller.abort()));
  assert.equal(told(await call), 'failure ABORTED');
  sandbox.unload(module);
});

test('a guest may catch nothing of its end while it sleeps', async () => {
  const stubborn = guest({
    imports: POLL + RETURN,
    run: `(loop $again (try (do ${sleep(60_000)}) (catch_all)) (br $again))`,
  });
  assert.equal(told(await run(stubborn, { limits: { deadlineMs: 50 } })), 'failure DEADLINE');
});

test('every function counts as a host call', async () => {
  const flood = (imports: string, call: string): Uint8Array =>
    guest({ imports: imports + RETURN, run: `(loop $again (drop ${call}) (br $again))` });
  const guests = [
    flood(wasi('clock_time_get', 'i32 i64 i32'), '(call $clock_time_get (i32.const 1) (i64.const 0) (i32.const 8))'),
    flood('(import "wasi_snapshot_preview1" "sched_yield" (func $sched_yield (result i32)))', '(call $sched_yield)'),
    flood(wasi('fd_prestat_get', 'i32 i32'), '(call $fd_prestat_get (i32.const 3) (i32.const 8))'),
    flood(POLL, '(call $poll_oneoff (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))'),
  ];
  for (const bytes of guests) {
    assert.equal(told(await run(bytes, { limits: { hostCallsPerSecond: 200 } })), 'failure HOST_CALL_FLOOD');
  }
});

test('files of a call are closed when it ends, however it ends', { skip: noDirectories }, async () => {
  const { folder, grant, openBelow } = world();
  using _ = folder;
  const ends: [string, string, Partial<CallOptions>][] = [
    ['', 'contents', {}],
    ['unreachable', 'failure TRAP', {}],
    [sleep(60_000), 'failure DEADLINE', { limits: { deadlineMs: 100 } }],
    ['(loop $for_ever (br $for_ever))', 'failure CPU_TIME', { limits: { cpuMs: 30 } }],
  ];
  for (const [ending, expected, options] of ends) {
    assert.equal(told(await run(reader('name', ending), { wasi: grant, ...options })), expected);
    // The files are closed after the result, and what the event loop does for that cannot be seen from here.
    for (let turn = 0; turn < 1000 && openBelow().length > 0; turn++) await new Promise((next) => setImmediate(next));
    assert.deepEqual(openBelow(), [], expected);
  }
});

test('what one call is granted is not there in the next one in its place', { skip: noDirectories }, async () => {
  const { folder, grant } = world();
  using _ = folder;
  const module = sandbox.load(reader('name'));
  const call = async (granted?: WasiGrant): Promise<string> =>
    told(await sandbox.call(module, { capabilities: capabilities(), ...(granted && { wasi: granted }) }));
  assert.equal(await call(grant), 'contents');
  assert.equal(await call(), 'guest-error 52');
  assert.equal(await call({}), 'guest-error 8');
  assert.equal(await call(grant), 'contents');
  sandbox.unload(module);
});

test('a grant that cannot be is refused, and nothing runs', async () => {
  const module = sandbox.load(reader('name'));
  const { started } = { started: sandbox.stats().inFlight };
  const directories = [{ guestPath: '/', hostPath: 'relative', writable: true }];
  await assert.rejects(sandbox.call(module, { capabilities: capabilities(), wasi: { directories } }), (error) =>
    hasCode(error, 'WASI_BAD_GRANT'),
  );
  assert.equal(sandbox.stats().inFlight, started);
  assert.equal(told(await sandbox.call(module, { capabilities: capabilities() })), 'guest-error 52');
  sandbox.unload(module);
});

test('a command’s result is its standard output, however it ends well', async () => {
  const command = (body: string, more = ''): Uint8Array =>
    assemble(`(module ${wasi('fd_read', 'i32 i32 i32 i32')} ${wasi('fd_write', 'i32 i32 i32 i32')}
      ${wasi('proc_exit', 'i32', 0)} (memory (export "memory") 1) ${more}
      (func $copy
        (i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 1000))
        (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
        (i32.store (i32.const 4) (i32.load (i32.const 8)))
        (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))
      (func (export "_start") (call $copy) ${body}))`);
  const input = utf8('from the input');
  assert.equal(told(await run(command(''), { input })), 'from the input');
  assert.equal(told(await run(command('(call $proc_exit (i32.const 0)) unreachable'), { input })), 'from the input');
  assert.equal(told(await run(command('(call $proc_exit (i32.const 3))'), { input })), 'failure TRAP');
  assert.equal(told(await run(command('unreachable'), { input })), 'failure TRAP');
  assert.equal(told(await run(command(''))), '');
  assert.equal(told(await run(command(''), { input, limits: { outputBytes: 5 } })), 'failure OUTPUT_TOO_LARGE');
  const init = command('', '(func (export "init") unreachable)');
  assert.equal(told(await run(init, { input })), 'from the input');
});

test('what is read at once is bounded by the answers that a call may have', { skip: noDirectories }, async () => {
  const { folder, grant } = world();
  using _ = folder;
  assert.equal(told(await run(reader('name'), { wasi: grant, limits: { argumentBytes: 60 } })), 'contents');
  assert.equal(told(await run(reader('name'), { wasi: grant, limits: { argumentBytes: 8 } })), 'conte');
});

test('a module of snapshot 0 runs, with its own layouts', async () => {
  const bytes = assemble(`(module
    (import "wasi_unstable" "poll_oneoff" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
    (import "wasi_unstable" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1) (data (i32.const 512) "old")
    (func (export "_start")
      (i32.store (i32.const 88) (i32.const 1)) (i64.store (i32.const 96) (i64.const 20000000))
      (if (call $poll_oneoff (i32.const 64) (i32.const 128) (i32.const 1) (i32.const 60)) (then unreachable))
      (i32.store (i32.const 0) (i32.const 512)) (i32.store (i32.const 4) (i32.const 3))
      (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))`);
  const result = await run(bytes);
  assert.equal(told(result), 'old');
  assert.ok(result.usage.wallMs >= 20);
  const wrong = guest({ imports: '(import "wasi_unstable" "sock_accept" (func (param i32 i32 i32) (result i32)))' });
  assert.throws(
    () => sandbox.load(wrong),
    (error) => hasCode(error, 'ABI_UNKNOWN_IMPORT'),
  );
});

test('many calls use the same directory at once', { skip: noDirectories }, async () => {
  const { folder, grant } = world();
  using _ = folder;
  const module = sandbox.load(reader('name'));
  const calls = Array.from({ length: 60 }, () => sandbox.call(module, { capabilities: capabilities(), wasi: grant }));
  assert.deepEqual(new Set((await Promise.all(calls)).map(told)), new Set(['contents']));
  sandbox.unload(module);
  assert.equal(readFileSync(path.join(folder.path, 'data/name'), 'utf8'), 'contents');
});

test('how much a guest may have open is a limit of the call, which a function can only lower', {
  skip: noDirectories,
}, async () => {
  const { folder, grant } = world();
  using _ = folder;
  const open = `(local.tee $n (call $path_open (i32.const 3) (i32.const 1) (i32.const 512) (i32.const 4) (i32.const 0)
    (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 40)))`;
  // Opens the file three times: the errno of the third, and nothing else goes wrong.
  const opener = guest({
    imports: FILES + env('return_error', 4, 0),
    fields: '(data (i32.const 512) "name")',
    run: `(if ${open} (then unreachable)) (if ${open} (then unreachable)) (drop ${open})
      (if (local.get $n) (then (call $return_error (local.get $n) (i32.const 0) (i32.const 0) (local.get $ident))))`,
  });
  const opened = async (options: Partial<CallOptions>): Promise<string> =>
    told(await run(opener, { wasi: grant, ...options }));
  assert.equal(await opened({}), '(nil)');
  assert.equal(await opened({ limits: { handles: 2 } }), 'guest-error 33');
  assert.equal(await opened({ declared: { handles: 2 } }), 'guest-error 33');
  assert.equal(await opened({ limits: { handles: 3 }, declared: { handles: 4096 } }), '(nil)');
  assert.equal(await opened({ limits: { handles: 2 }, declared: { handles: 4096 } }), 'guest-error 33');
});
