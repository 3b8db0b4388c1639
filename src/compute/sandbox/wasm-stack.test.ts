import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { capabilities, env, guestText, realClock } from '../../../test/support/guests.ts';
import { assemble, leb, name, section } from '../../../test/support/wasm-engine.ts';
import { concat, utf8 } from '../../kernel/index.ts';
import { WasmError } from '../wasm/index.ts';
import { type CallOptions, describeFailure, describeStack, type Failure, Sandbox } from './index.ts';
import { guestFrames } from './guest/index.ts';

let sandbox: Sandbox;

before(async () => {
  sandbox = await Sandbox.create({ clock: realClock, limits: { threads: 1, memoryBytes: 4 * 65_536 } });
});

after(() => sandbox.close(1000));

async function failureOf(bytes: Uint8Array, options: Partial<CallOptions> = {}): Promise<Failure> {
  const module = sandbox.load(bytes);
  try {
    const result = await sandbox.call(module, { capabilities: capabilities(), ...options });
    assert.ok(result.kind === 'failure', result.kind);
    return result;
  } finally {
    sandbox.unload(module);
  }
}

function shortOf({ stack = [] }: Failure): (string | number | undefined)[][] {
  return stack.map((frame) => [frame.functionIndex, frame.name]);
}

const LOG = env('log_msg', 4, 0);
const DEEP = guestText({
  imports: LOG,
  fields: `(func $inner (param i32) (drop (i32.load (i32.const -8))))
    (func $middle (param i32) (loop $l (br_if $l (i32.const 0))) (call $inner (local.get 0)))`,
  run: '(call $middle (local.get $len))',
});

test('a trap tells where it was, in functions and bytes of the module as it was handed in', async () => {
  const bytes = assemble(DEEP, true);
  const failure = await failureOf(bytes);
  assert.equal(failure.code, 'TRAP');
  // Function 0 is the import, 1 and 2 those of `fields`, 3 and 4 allocate and deallocate.
  assert.deepEqual(shortOf(failure), [
    [1, 'inner'],
    [2, 'middle'],
    [5, 'run'],
  ]);
  const opcodes = failure.stack?.map(({ offset }) => bytes[offset as number]);
  assert.deepEqual(opcodes, [0x28, 0x10, 0x10], 'i32.load, call, call');
  assert.match(
    describeFailure(failure),
    /^memory access out of bounds at inner\[1\]:0x[0-9a-f]+ ← middle\[2\]:0x[0-9a-f]+ ← run\[5\]:0x[0-9a-f]+$/,
  );
});

test('a module without names tells numbers', async () => {
  const failure = await failureOf(assemble(DEEP));
  assert.deepEqual(shortOf(failure), [
    [1, undefined],
    [2, undefined],
    [5, undefined],
  ]);
  assert.match(describeStack(failure.stack ?? []), /^\[1\]:0x[0-9a-f]+ ← \[2\]:0x/);
});

test('the stack of a guest that waited in between is whole', async () => {
  const asking = guestText({
    imports: env('cache_get', 3),
    fields: '(func $after (param i32) (unreachable))',
    run: '(drop (call $cache_get (i32.const 0) (i32.const 4) (local.get $ident))) (call $after (i32.const 1))',
  });
  const slow = capabilities({
    cacheGet: () => new Promise((resolve) => setImmediate(resolve, { ok: true, value: utf8('x') })),
  });
  const failure = await failureOf(assemble(asking, true), { capabilities: slow });
  assert.deepEqual(shortOf(failure), [
    [1, 'after'],
    [4, 'run'],
  ]);
});

test('a guest that is ended while it runs tells where it was', async () => {
  const spinning = guestText({
    imports: LOG,
    fields: '(func $spin (loop $l (br $l)))',
    run: '(call $spin)',
  });
  const late = await failureOf(assemble(spinning, true), { limits: { cpuMs: 20 } });
  assert.equal(late.code, 'CPU_TIME');
  assert.deepEqual(shortOf(late), [
    [1, 'spin'],
    [4, 'run'],
  ]);
  const chatty = guestText({
    imports: LOG,
    fields: '(func $talk (loop $l (call $log_msg (i32.const 0) (i32.const 0) (i32.const 3) (i32.const 0)) (br $l)))',
    run: '(call $talk)',
  });
  const flood = await failureOf(assemble(chatty, true), { limits: { hostCallsPerSecond: 50 } });
  assert.equal(flood.code, 'HOST_CALL_FLOOD');
  assert.deepEqual(shortOf(flood), [
    [1, 'talk'],
    [4, 'run'],
  ]);
});

test('what was ended without running has no stack', async () => {
  const waiting = guestText({
    imports: env('cache_get', 3),
    run: '(drop (call $cache_get (i32.const 0) (i32.const 4) (local.get $ident)))',
  });
  const never = capabilities({ cacheGet: () => new Promise(() => undefined) });
  const late = await failureOf(assemble(waiting, true), { capabilities: never, limits: { deadlineMs: 30 } });
  assert.deepEqual([late.code, late.stack], ['DEADLINE', undefined]);
  assert.equal(describeFailure(late), late.message);
});

test('neither our own frames nor those of an earlier error are shown', async () => {
  const bad = await failureOf(assemble(guestText({ allocate: '(i32.const -1)' }), true), { input: utf8('input') });
  assert.match(bad.message, /^allocate\(5\) returned/);
  assert.equal(bad.stack, undefined);
  const exits = guestText({
    imports: '(import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))',
    run: '(call $proc_exit (i32.const 3))',
  });
  const left = await failureOf(assemble(exits, true));
  assert.deepEqual([left.code, left.message, left.stack], ['TRAP', 'the guest exited with code 3', undefined]);
});

test('a deep stack is cut, its inner end is kept', async () => {
  const deep = guestText({
    fields: `(func $down (param i32) (result i32) (if (i32.eqz (local.get 0)) (then (unreachable)))
      (i32.add (i32.const 1) (call $down (i32.sub (local.get 0) (i32.const 1)))))`,
    run: '(drop (call $down (i32.const 500)))',
  });
  const failure = await failureOf(assemble(deep, true));
  assert.equal(failure.stack?.length, 24);
  assert.ok(failure.stack?.every(({ name: shown }) => shown === 'down'));
  const endless = guestText({ fields: '(func $f (call $f))', run: '(call $f)' });
  const over = await failureOf(assemble(endless, true));
  assert.deepEqual([over.code, over.stack?.length, over.stack?.[0]?.name], ['STACK', 24, 'f']);
});

/** `module`, which has no name section, with the given one for function 0. */
function named(module: Uint8Array, title: string): Uint8Array {
  const names = [1, 0, ...name(title)];
  return concat(module, section(0, name('name'), 1, leb(names.length), names));
}

test('names that would forge lines, frames or a screen are escaped and cut', async () => {
  const module = assemble(guestText({ allocate: '(unreachable)' }));
  const forged = 'a\n    at b (wasm://wasm/0:wasm-function[9]:0x9)\u001b[2J\u202e';
  const failure = await failureOf(named(module, forged));
  assert.deepEqual(shortOf(failure), [
    [0, String.raw`a\n    at b (wasm://wasm/0:wasm-function[9]:0x9)\u001b[2J\u202e`],
  ]);
  const long = await failureOf(named(module, 'n'.repeat(60_000)));
  assert.equal(long.stack?.[0]?.name, `${'n'.repeat(120)}…`);
  assert.ok(describeFailure(long).length < 200);
});

test('a malformed name section costs the names only', async () => {
  const bytes = named(assemble(guestText({ allocate: '(unreachable)' })), 'allocate');
  let trapped = 0;
  for (let at = bytes.length - 14; at < bytes.length; at++) {
    const broken = bytes.slice();
    broken[at] = 0xff;
    const failure = await failureOf(broken).catch((error: unknown) => {
      assert.ok(error instanceof WasmError, String(error));
      return undefined;
    });
    if (failure === undefined) continue;
    trapped++;
    assert.equal(failure.code, 'TRAP');
    assert.equal(failure.stack?.[0]?.functionIndex, 0);
  }
  assert.ok(trapped > 5, 'most positions are within the names');
});

test('an error of the host has no frames, nor one whose stack was read before', () => {
  assert.deepEqual(guestFrames(new Error('ours')), []);
  const read = new Error('read');
  assert.match(String(read.stack), /read/);
  assert.deepEqual(guestFrames(read), []);
  assert.match(new Error('and texts are as ever').stack ?? '', /wasm-stack\.test/);
});
