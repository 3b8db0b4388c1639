/** Guests that try to leave something for the next call of their function, in the same place: whatever they do, it finds all as new. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { CallCapabilities } from '../../src/compute/capability/index.ts';
import { type CallLimits, Sandbox, type SandboxModule } from '../../src/compute/sandbox/index.ts';
import { prepareModule } from '../../src/compute/wasm/index.ts';
import { utf8 } from '../../src/kernel/index.ts';
import { capabilities, env, guestText, realClock, wasi } from '../support/guests.ts';
import { assemble } from '../support/wasm-engine.ts';

let sandbox: Sandbox;
before(async () => {
  sandbox = await Sandbox.create({ clock: realClock, limits: { threads: 1, memoryBytes: 1 << 20 } });
});
after(() => sandbox.close(1000));

const ASK = '(call $cache_get (i32.const 0) (i32.const 4) (local.get $ident))';
const IMPORTS =
  env('return_result', 3, 0) +
  env('cache_get', 3) +
  env('get_ffi_result', 2) +
  env('add_ffi_var', 5) +
  wasi('proc_exit', 'i32', 0) +
  wasi('fd_close', 'i32') +
  wasi('fd_fdstat_set_flags', 'i32 i32') +
  wasi('fd_renumber', 'i32 i32') +
  wasi('poll_oneoff', 'i32 i32 i32 i32');

/** How many bytes a guest reports of what it finds. */
const FOUND = 9;

/**
 * A guest that first reports what it finds, as {@link AS_NEW} has it, then spoils all of it, and then does `more`; with input `x` it does `other` instead.
 * @param other code, or nothing for a guest that does the same whatever its input is
 */
function guestOf(more: string, other = '', { fields = '', deallocate = '' } = {}): Uint8Array {
  const text = guestText({
    imports: IMPORTS,
    fields: `(global $a (mut i32) (i32.const 1)) (global $b (mut i64) (i64.const 2)) (global $v (mut v128) (v128.const i32x4 3 3 3 3))
      (global $f (mut funcref) (ref.func $allocate)) (global $x (mut externref) (ref.null extern))
      (data (i32.const 64) "\\04") (data (i32.const 65535) "\\05") (data "never copied") ${fields}`,
    run: `(i32.store8 (i32.const 100) (global.get $a)) (i32.store8 (i32.const 101) (i32.wrap_i64 (global.get $b)))
      (i32.store8 (i32.const 102) (i32x4.extract_lane 2 (global.get $v)))
      (i32.store8 (i32.const 103) (ref.is_null (global.get $f)))
      (i32.store8 (i32.const 104) (i32.load8_u (i32.const 64))) (i32.store8 (i32.const 105) (i32.load8_u (i32.const 65535)))
      (i32.store8 (i32.const 106) (i32.load8_u (i32.const 50000)))
      (i32.store8 (i32.const 107) (i32.eq (call $get_ffi_result (i32.const 200) (local.get $ident)) (i32.const -1)))
      (i32.store8 (i32.const 108) (call $fd_fdstat_set_flags (i32.const 1) (i32.const 4)))
      (call $return_result (i32.const 100) (i32.const ${FOUND}) (local.get $ident))
      (global.set $a (i32.const 91)) (global.set $b (i64.const 92)) (global.set $v (v128.const i32x4 93 93 93 93))
      (global.set $f (ref.null func))
      (drop (call $add_ffi_var (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 4) (local.get $ident)))
      (drop (call $fd_close (i32.const 1))) (drop (call $fd_renumber (i32.const 2) (i32.const 1)))
      (memory.fill (i32.const 0) (i32.const 99) (i32.const 65536))
      (if (i32.eq (local.get $len) (i32.const 1)) (then ${other}) (else ${more}))`,
  });
  assert.ok(text.includes(DEALLOCATE));
  return assemble(text.replace(DEALLOCATE, `(func (export "deallocate") (param i32 i32) ${deallocate})`));
}

const DEALLOCATE = '(func (export "deallocate") (param i32 i32))';
/** Globals, no null, both data segments, wiped memory, nothing pending; and no descriptors, as nothing was granted. */
const AS_NEW = [1, 2, 3, 0, 4, 5, 0, 1, 8];

async function found(
  module: SandboxModule,
  input: string,
  granted: Partial<CallCapabilities> = {},
  limits: Partial<CallLimits> = {},
) {
  const result = await sandbox.call(module, { capabilities: capabilities(granted), input: utf8(input), limits });
  if (result.kind === 'output') return [...(result.output ?? [])];
  return result.kind === 'failure' ? result.code : result.kind;
}

const answers: Partial<CallCapabilities> = { cacheGet: async () => ({ ok: true, value: utf8('of another') }) };
const CATCHES = (code: string): string => `(try (do ${code}) (catch_all))`;
const DEEP = '(func $deep (param i32) (call $deep (local.get 0)) (global.set $a (i32.const 9)))';
const SPIN = '(loop $spin (br $spin))';

const SPOILERS: readonly [what: string, bytes: () => Uint8Array][] = [
  ['returns', () => guestOf('')],
  ['lets its memory grow by nothing', () => guestOf('(drop (memory.grow (i32.const 0)))')],
  [
    'lets its memory grow by too much',
    () => guestOf('(if (i32.ne (memory.grow (i32.const 9999)) (i32.const -1)) (then unreachable))'),
  ],
  [
    'lets its memory grow',
    () =>
      guestOf(
        '(if (i32.ne (memory.grow (i32.const 1)) (i32.const 1)) (then unreachable)) (i32.store (i32.const 100000) (i32.const 7))',
      ),
  ],
  ['leaves by an exit', () => guestOf('(call $proc_exit (i32.const 0))')],
  ['leaves an answer unfetched', () => guestOf(`(drop ${ASK})`)],
  ['traps in deallocate', () => guestOf('', '', { deallocate: '(global.set $a (i32.const 9)) unreachable' })],
  [
    'exits in deallocate',
    () => guestOf('', '', { deallocate: '(global.set $a (i32.const 9)) (call $proc_exit (i32.const 3))' }),
  ],
  [
    'recurses too deep in deallocate',
    () =>
      guestOf('', '', {
        fields: DEEP,
        deallocate: '(call $deep (i32.const 1))',
      }),
  ],
  [
    'catches what it throws',
    () =>
      guestOf(`${CATCHES('(throw $e (i32.const 7))')} (global.set $a (i32.const 8))`, '', {
        fields: '(tag $e (param i32))',
      }),
  ],
  [
    'throws in deallocate',
    () => guestOf('', '', { fields: '(tag $e (param i32))', deallocate: '(throw $e (i32.const 7))' }),
  ],
  [
    'has a start function and exports its globals under two names',
    () =>
      guestOf('', '', {
        fields: `(export "a" (global $a)) (export "again" (global $a)) (export "more" (memory 0))
          (func $begin (i32.store8 (i32.const 64) (i32.mul (i32.load8_u (i32.const 64)) (i32.const 1)))) (start $begin)`,
      }),
  ],
  [
    'has a table that it only reads',
    () =>
      guestOf('(drop (table.get $t (i32.const 1)))', '', {
        fields: '(table $t 3 funcref) (elem (i32.const 1) $allocate)',
      }),
  ],
];

for (const [what, bytes] of SPOILERS) {
  test(`a guest that ${what} leaves nothing`, async () => {
    assert.equal(prepareModule(bytes()).renewExport, 'perigee.renew');
    const module = sandbox.load(bytes());
    for (let call = 0; call < 5; call++) assert.deepEqual(await found(module, 'in', answers), AS_NEW, `call ${call}`);
    sandbox.unload(module);
  });
}

const ENDED: readonly [what: string, code: string, failure: string][] = [
  ['traps', 'unreachable', 'TRAP'],
  ['exits with an error', '(call $proc_exit (i32.const 3))', 'TRAP'],
  ['recurses too deep', '(call $deep (i32.const 1))', 'STACK'],
  ['never ends', SPIN, 'DEADLINE'],
  ['never ends, and catches everything', `(loop $again ${CATCHES(SPIN)} (br $again))`, 'DEADLINE'],
  ['waits for an answer that does not come', `(drop ${ASK})`, 'DEADLINE'],
  ['catches its end while it waits', `(loop $again ${CATCHES(`(drop ${ASK})`)} (br $again))`, 'DEADLINE'],
  [
    'sleeps for a day',
    // A clock subscription of 2^46 ns: the memory is all 99, so what counts is written anew.
    `(memory.fill (i32.const 0) (i32.const 0) (i32.const 48)) (i64.store (i32.const 24) (i64.const 0x400000000000))
     (drop (call $poll_oneoff (i32.const 0) (i32.const 1024) (i32.const 1) (i32.const 2048)))`,
    'DEADLINE',
  ],
];

for (const [what, code, failure] of ENDED) {
  test(`a guest that ${what} leaves nothing for those that come after it, and none beside it sees any of it`, async () => {
    const module = sandbox.load(guestOf('', code, { fields: DEEP }));
    const never: Partial<CallCapabilities> = { cacheGet: () => new Promise(() => {}) };
    const deadlineMs = failure === 'DEADLINE' ? 60 : 20_000;
    for (let round = 0; round < 2; round++) {
      const ended = ['x', 'x'].map((input) => found(module, input, never, { deadlineMs }));
      const beside = ['in', 'in'].map((input) => found(module, input));
      assert.deepEqual(await Promise.all(ended), [failure, failure]);
      assert.deepEqual(await Promise.all(beside), [AS_NEW, AS_NEW]);
      for (let call = 0; call < 3; call++) assert.deepEqual(await found(module, 'in'), AS_NEW);
    }
    sandbox.unload(module);
  });
}

test('an answer for a call that was given up does not reach the one that has its place', async () => {
  const module = sandbox.load(
    assemble(
      guestText({
        imports: env('return_result', 3, 0) + env('cache_get', 3) + env('get_ffi_result', 2),
        run: `(local.set $n ${ASK}) (drop (call $get_ffi_result (i32.const 512) (local.get $ident)))
          (call $return_result (i32.const 512) (local.get $n) (local.get $ident))`,
      }),
    ),
  );
  for (let round = 0; round < 3; round++) {
    const late = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    const abort = new AbortController();
    const first = sandbox.call(module, {
      signal: abort.signal,
      capabilities: capabilities({
        cacheGet: async () => {
          asked.resolve();
          await late.promise;
          return { ok: true, value: utf8('secret of the first') };
        },
      }),
    });
    await asked.promise;
    abort.abort();
    assert.equal((await first).kind, 'failure');
    const second = await sandbox.call(module, {
      capabilities: capabilities({
        cacheGet: async () => {
          late.resolve();
          await new Promise((resolve) => {
            setImmediate(resolve);
          });
          return { ok: true, value: utf8('own') };
        },
      }),
    });
    assert.deepEqual(second.kind === 'output' && Buffer.from(second.output ?? []).toString(), 'own');
  }
  sandbox.unload(module);
});

test('a function whose memory takes long to be made as new pays for that itself', async () => {
  const data = 'd'.repeat(1 << 20);
  const segments = [0, 1, 2, 3].map((i) => `(data (i32.const ${i << 20}) "${data}")`).join('');
  const [slow, quick] = [128, 1].map((pages) =>
    assemble(guestText({ pages, fields: pages === 1 ? '' : segments, imports: env('return_result', 3, 0) })),
  );
  const arena = await Sandbox.create({ clock: realClock, limits: { threads: 1 } });
  const median = async (bytes: Uint8Array | undefined): Promise<number> => {
    const module = arena.load(bytes ?? assert.fail());
    const times: number[] = [];
    for (let call = 0; call < 41; call++) {
      const { usage } = await arena.call(module, { capabilities: capabilities() });
      times.push(usage.cpuMs);
    }
    return times.sort((a, b) => a - b)[20] as number;
  };
  assert.ok((await median(slow)) > 2 * (await median(quick)));
  await arena.close(1000);
});

test('functions and exports of guests that wait do not fill the heap of their thread', async () => {
  const exports = Array.from({ length: 9000 }, (_, i) => `(func (export "${i}"))`).join('');
  const bytes = assemble(guestText({ imports: env('cache_get', 3), fields: exports, run: `(drop ${ASK})` }));
  const module = sandbox.load(bytes);
  const answer = Promise.withResolvers<void>();
  const granted: Partial<CallCapabilities> = {
    cacheGet: async () => {
      await answer.promise;
      return { ok: true, value: utf8('') };
    },
  };
  const calls = Array.from({ length: 30 }, async () => {
    const end = await found(module, 'in', granted);
    // The first to be refused lets the others go.
    if (end === 'OVERLOADED') answer.resolve();
    return end;
  });
  const refused = (await Promise.all(calls)).filter((end) => end === 'OVERLOADED').length;
  assert.ok(refused > 0 && refused < 10, `${refused} were refused`);
  assert.deepEqual(await found(module, 'in'), []);
  sandbox.unload(module);
});
