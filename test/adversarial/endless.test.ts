/**
 * Guests that never end, in the forms that `src/compute/sandbox/hostile-guests.test.ts` has not: each is ended by a coded
 * limit, and its neighbours in the same thread are served. How soon is measured in `bench/`, where nothing else runs.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Arena, createArena, DEADLINE_MS, endOf } from '../support/arena.ts';
import { capabilities, guest, wasi } from '../support/guests.ts';

let arena: Arena;
before(async () => {
  arena = await createArena();
});
after(() => arena.close());

/** 60 functions, each calling the next twice: years without a loop. */
const FAN_OUT = `${Array.from({ length: 60 }, (_, i) => `(func $f${i} (call $f${i + 1}) (call $f${i + 1}))`).join('')} (func $f60)`;
const SPIN = '(loop $spin (br $spin))';
const TYPE = '(type $t (func))';

const ENDLESS: readonly (readonly [title: string, bytes: () => Uint8Array])[] = [
  ['a loop by br_table', () => guest({ run: '(loop $l (br_table $l $l (local.get $len)))' })],
  ['a loop in a loop', () => guest({ run: '(loop $a (loop $b (br_if $a (local.get $len)) (br $b)))' })],
  ['a loop with parameters', () => guest({ run: '(i32.const 1) (loop $l (param i32) (drop) (i32.const 2) (br $l))' })],
  ['calls that double', () => guest({ fields: FAN_OUT, run: '(call $f0)' })],
  [
    'recursion that branches and returns',
    () =>
      guest({
        fields: `(func $fib (param i32) (result i32) (if (result i32) (i32.and (local.get 0) (i32.const 63))
          (then (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1))) (call $fib (i32.sub (local.get 0) (i32.const 1)))))
          (else (i32.const 1))))`,
        run: '(drop (call $fib (i32.const 63)))',
      }),
  ],
  [
    'recursion through a table',
    () =>
      guest({
        fields: `(table funcref (elem $go)) (type $p (func (param i32)))
          (func $go (type $p) (if (i32.and (local.get 0) (i32.const 63)) (then
            (call_indirect (type $p) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0))
            (call_indirect (type $p) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0)))))`,
        run: '(call $go (i32.const 63))',
      }),
  ],
  [
    'tail calls of three functions, one through a table',
    () =>
      guest({
        fields: `${TYPE} (table funcref (elem $c)) (func $a (return_call $b))
          (func $b (return_call_indirect (type $t) (i32.const 0))) (func $c (type $t) (return_call $a))`,
        run: '(call $a)',
      }),
  ],
  [
    'tail calls of run_e itself',
    () => guest({ run: '(return_call $run (local.get $ptr) (local.get $len) (local.get $ident))' }),
  ],
  [
    'thousands of fills of the whole memory without a loop',
    () =>
      guest({
        pages: 256,
        run: '(memory.fill (i32.const 0) (i32.const 1) (i32.const 16777216))'.repeat(5000),
      }),
  ],
  [
    'thousands of overlapping copies of the whole memory without a loop',
    () =>
      guest({
        pages: 256,
        run: '(memory.copy (i32.const 0) (i32.const 1) (i32.const 16777215))'.repeat(5000),
      }),
  ],
  [
    'a loop over memory.init',
    () =>
      guest({
        fields: `(data $d "${'x'.repeat(30_000)}")`,
        run: '(loop $l (memory.init $d (i32.const 0) (i32.const 0) (i32.const 30000)) (br $l))',
      }),
  ],
  [
    'a loop over table.fill, table.copy and table.init',
    () =>
      guest({
        fields: '(table $a 65536 funcref) (table $b 65536 funcref) (elem $e func $run $run $run)',
        run: `(loop $l
          (table.fill $a (i32.const 0) (ref.null func) (i32.const 65536))
          (table.copy $b $a (i32.const 0) (i32.const 0) (i32.const 65536))
          (table.init $a $e (i32.const 0) (i32.const 0) (i32.const 3)) (br $l))`,
      }),
  ],
  [
    'a loop over table.grow and memory.grow, which fail',
    () =>
      guest({
        fields: '(table $a 1 funcref)',
        run: `(loop $l (drop (table.grow $a (ref.null func) (i32.const 100000)))
          (drop (memory.grow (i32.const 100000))) (br $l))`,
      }),
  ],
  ['a start section of tail calls', () => guest({ fields: '(func $s (return_call $s)) (start $s)' })],
  [
    'a start section that fills the memory for ever',
    () =>
      guest({
        pages: 256,
        fields: '(func $s (loop $l (memory.fill (i32.const 0) (i32.const 1) (i32.const 16777216)) (br $l))) (start $s)',
      }),
  ],
  ['an init after a _start', () => guest({ fields: `(func (export "_start")) (func (export "init") ${SPIN})` })],
  [
    'an allocate that calls itself by run_e',
    () => guest({ allocate: '(call $run (local.get $size) (i32.const 0) (i32.const 0)) (i32.const 0)', run: SPIN }),
  ],
  [
    'an exception thrown in a circle, in the newer form',
    () => guest({ fields: '(tag $e)', run: '(loop $again (try_table (catch $e $again) (throw $e)) unreachable)' }),
  ],
  [
    'everything caught with its reference and thrown on, in a circle',
    () =>
      guest({
        fields: '(tag $e)',
        run: `(loop $again (block $caught (result exnref)
            (try_table (catch_all_ref $caught) (throw $e)) unreachable) (drop) (br $again))`,
      }),
  ],
  [
    'everything caught around an endless loop, in the newer form',
    () =>
      guest({
        fields: '(tag $e)',
        run: `(loop $again (block $caught (try_table (catch_all $caught) ${SPIN})) (br $again))`,
      }),
  ],
  [
    'exceptions delegated from level to level',
    () =>
      guest({
        fields: '(tag $e)',
        run: `(loop $again (try $outer (do (try (do (try (do (throw $e)) (delegate $outer))) (catch_all (rethrow 0))))
          (catch_all)) (br $again))`,
      }),
  ],
  [
    'a recursion in which each level catches everything',
    () =>
      guest({
        fields: `(tag $e) (func $level (param i32) (if (i32.eqz (local.get 0)) (then (throw $e)))
          (try (do (call $level (i32.sub (local.get 0) (i32.const 1)))) (catch_all (rethrow 0))))`,
        run: '(loop $again (try (do (call $level (i32.const 100))) (catch_all)) (br $again))',
      }),
  ],
  [
    'host functions that answer at once, slower than a flood',
    () =>
      guest({
        imports: wasi('clock_time_get', 'i32 i64 i32'),
        run: '(loop $l (drop (call $clock_time_get (i32.const 1) (i64.const 0) (i32.const 8))) (br $l))',
      }),
  ],
];

for (const [title, bytes] of ENDLESS) {
  test(`${title}: ended at the deadline`, async () => {
    assert.equal(endOf(await arena.run(bytes(), { hostCallsPerSecond: 1_000_000_000 })), 'DEADLINE');
  });
}

test('all of them at once: each ends, and the neighbours are served', async () => {
  const modules = ENDLESS.slice(0, 16).map(([, bytes]) => arena.sandbox.load(bytes()));
  const calls = modules.map((module) =>
    arena.sandbox.call(module, {
      capabilities: capabilities(),
      limits: { deadlineMs: 4 * DEADLINE_MS, cpuMs: 10_000 },
    }),
  );
  const last = await arena.run(guest({ run: SPIN }), { deadlineMs: 4 * DEADLINE_MS });
  assert.equal(endOf(last), 'DEADLINE');
  assert.deepEqual(new Set((await Promise.all(calls)).map(endOf)), new Set(['DEADLINE']));
  for (const module of modules) arena.sandbox.unload(module);
});
