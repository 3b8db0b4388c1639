import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import {
  assemble,
  call,
  engine,
  type Imports,
  leb,
  moduleOf,
  name,
  renew,
  run,
  section,
} from '../../../test/support/wasm-engine.ts';
import { DEFAULT_MODULE_LIMITS } from './limits.ts';
import { readFunctionNames } from './format/index.ts';
import { prepareModule } from './prepare.ts';

// Each guest runs as it was written and rewritten; both must do the same.

type Call = readonly [name: string, ...args: unknown[]];

/** What a guest did: results or the text of the trap of each call, calls of `env.log`, and its memory. */
function behaviour(exports: Record<string, unknown>, calls: readonly Call[], logged: unknown[]): unknown {
  const outcomes = calls.map(([name, ...args]) => {
    try {
      return { result: call({ exports }, name, ...args) };
    } catch (error) {
      return { trap: error instanceof Error ? error.message : Object.prototype.toString.call(error) };
    }
  });
  const { memory } = exports as { memory?: { buffer: ArrayBuffer } };
  return {
    outcomes,
    logged,
    memory: memory === undefined ? undefined : Buffer.from(memory.buffer.slice(0)).toString('latin1'),
  };
}

function assertAgrees(bytes: Uint8Array, calls: readonly Call[], more: () => Imports = () => ({})): void {
  const withLog = (logged: unknown[]): Imports => {
    const { env, ...others } = more();
    return { ...others, env: { log: (value: unknown) => logged.push(value), ...env } };
  };
  const prepared = prepareModule(bytes);
  const [before, after]: unknown[][] = [[], []];
  const { exports } = new engine.Instance(new engine.Module(bytes), withLog(before!));
  const expected = behaviour(exports, calls, before!);
  const guest = run(prepared, withLog(after!));
  assert.deepEqual(behaviour(guest.exports, calls, after!), expected);
  assert.equal(guest.yields(), 0);
  // And when it is made new again, whatever it has done meanwhile.
  after!.length = 0;
  if (renew(guest, prepared)) assert.deepEqual(behaviour(guest.exports, calls, after!), expected);
  // And with the flag up all the time, as when the thread is always wanted back.
  const asked: unknown[] = [];
  const interrupted = run(prepared, withLog(asked));
  interrupted.flag[0] = 1;
  assert.deepEqual(behaviour(interrupted.exports, calls, asked), expected);
  if (prepared.sizes.checks > 0 && calls.length > 0) assert.ok(interrupted.yields() > 0);
}

const GUESTS: readonly [title: string, text: string, calls: readonly Call[], more?: () => Imports][] = [
  [
    'loops, nested and with parameters',
    `(module
      (func (export "sum") (param i32) (result i64) (local i64)
        (loop $again (local.set 1 (i64.add (local.get 1) (i64.extend_i32_u (local.get 0))))
          (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (local.get 1))
      (func (export "factorial") (param i64) (result i64)
        (i64.const 1) (local.get 0)
        (loop $l (param i64 i64) (result i64)
          (local.set 0)
          (local.get 0) (i64.mul)
          (i64.sub (local.get 0) (i64.const 1))
          (br_if $l (i64.ne (i64.const 1) (i64.sub (local.get 0) (i64.const 1))))
          (drop))))`,
    [
      ['sum', 100_000],
      ['factorial', 15n],
    ],
  ],
  [
    'recursion, direct and mutual',
    `(module
      (func $fib (export "fib") (param i32) (result i32)
        (if (result i32) (i32.lt_u (local.get 0) (i32.const 2)) (then (local.get 0))
          (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1))) (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
      (func $even (export "even") (param i32) (result i32)
        (if (result i32) (local.get 0) (then (call $odd (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 1))))
      (func $odd (param i32) (result i32)
        (if (result i32) (local.get 0) (then (call $even (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 0)))))`,
    [
      ['fib', 18],
      ['even', 501],
    ],
  ],
  [
    'a stack that overflows',
    '(module (func $f (export "f") (param i32) (result i32) (i32.add (call $f (local.get 0)) (i32.const 1))))',
    [['f', 1]],
  ],
  [
    'indirect calls, of imports too, and their traps',
    `(module
      (type $unary (func (param i32) (result i32)))
      (import "env" "double" (func $double (type $unary)))
      (table 5 funcref)
      (elem (i32.const 0) $double $inc $void)
      (func $inc (type $unary) (i32.add (local.get 0) (i32.const 1)))
      (func $void)
      (func (export "apply") (param i32 i32) (result i32) (call_indirect (type $unary) (local.get 1) (local.get 0))))`,
    [
      ['apply', 0, 21],
      ['apply', 1, 41],
      ['apply', 2, 1],
      ['apply', 3, 1],
      ['apply', 5, 1],
    ],
    () => ({ env: { double: (value: number) => 2 * value } }),
  ],
  [
    'br_table, also back to a loop',
    `(module (func (export "f") (param i32) (result i32) (local $n i32)
      (loop $top
        (block $two (block $one (block $zero
          (br_table $zero $one $top $two (local.get 0)))
          (return (i32.const 100)))
          (return (i32.add (i32.const 200) (local.get $n))))
        (local.set $n (i32.add (local.get $n) (i32.const 1)))
        (local.set 0 (i32.const 1))
        (br $top))
      (unreachable)))`,
    [
      ['f', 0],
      ['f', 1],
      ['f', 3],
      ['f', -1],
    ],
  ],
  [
    'blocks of several values',
    `(module
      (func $swap (param i32 i32) (result i32 i32) (local.get 1) (local.get 0))
      (func (export "f") (param i32 i32) (result i32 i32 i64)
        (local.get 0) (local.get 1)
        (block (param i32 i32) (result i32 i32) (call $swap) (br_if 0 (local.get 0)) (call $swap))
        (if (param i32) (result i32 i64) (local.get 1) (then (i64.const 7)) (else (drop) (i32.const 5) (i64.const 9)))))`,
    [
      ['f', 1, 2],
      ['f', 0, 2],
      ['f', 0, 0],
    ],
  ],
  [
    'bulk memory operations, passive and dropped data',
    `(module
      (memory (export "memory") 1)
      (data $p "passive data")
      (data (i32.const 8) "active")
      (data (memory 0) (offset (i32.const 16)) "explicit")
      (func (export "f") (param i32)
        (memory.init $p (i32.const 100) (i32.const 0) (i32.const 12))
        (data.drop $p)
        (memory.copy (i32.const 200) (i32.const 100) (i32.const 12))
        (memory.fill (i32.const 300) (i32.const 65) (local.get 0))
        (memory.init $p (i32.const 0) (i32.const 0) (i32.const 1))))`,
    [
      ['f', 20],
      ['f', 70_000],
    ],
  ],
  [
    'memory.grow and memory.size',
    `(module (memory (export "memory") 1 3)
      (func (export "grow") (param i32) (result i32 i32) (memory.grow (local.get 0)) (memory.size)))`,
    [
      ['grow', 1],
      ['grow', 2],
      ['grow', 1],
      ['grow', -1],
    ],
  ],
  [
    'tail calls, direct and indirect',
    `(module
      (type $t (func (param i32 i32) (result i32)))
      (table funcref (elem $odd $even))
      (func $even (export "even") (type $t)
        (if (i32.eqz (local.get 0)) (then (return (i32.const 1))))
        (return_call $odd (i32.sub (local.get 0) (i32.const 1)) (local.get 1)))
      (func $odd (type $t)
        (if (i32.eqz (local.get 0)) (then (return (i32.const 0))))
        (return_call_indirect (type $t) (i32.sub (local.get 0) (i32.const 1)) (local.get 1) (local.get 1))))`,
    [
      ['even', 100_001, 1],
      ['even', 100_000, 1],
    ],
  ],
  [
    'exceptions with try_table and exnref',
    `(module
      (tag $a (param i32)) (tag $b)
      (func $raise (param i32)
        (if (i32.eq (local.get 0) (i32.const 1)) (then (throw $a (i32.const 11))))
        (if (i32.eq (local.get 0) (i32.const 2)) (then (throw $b)))
        (if (i32.eq (local.get 0) (i32.const 3)) (then (unreachable))))
      (func (export "f") (param i32) (result i32) (local $n i32)
        (loop $again
          (block $h (result i32)
            (block $rest (result exnref)
              (try_table (catch $a $h) (catch_all_ref $rest) (call $raise (local.get 0)))
              (return (i32.const 1)))
            (local.set $n (i32.add (local.get $n) (i32.const 1)))
            (if (param exnref) (i32.lt_u (local.get $n) (i32.const 3)) (then (drop) (br $again)) (else (throw_ref)))
            (unreachable))
          (return))
        (unreachable)))`,
    [
      ['f', 0],
      ['f', 1],
      ['f', 2],
      ['f', 3],
    ],
  ],
  [
    'segments of every kind, references to functions everywhere',
    `(module
      (type $t (func (result i32)))
      (import "env" "one" (func $one (type $t)))
      (import "env" "base" (global $base i32))
      (table $t0 8 funcref) (table $t1 8 funcref) (table $ext 2 4 externref)
      (func $two (type $t) (i32.const 2)) (func $three (type $t) (i32.const 3)) (func $four (type $t) (i32.const 4))
      (global $g (mut funcref) (ref.func $four)) (global $null funcref (ref.null func))
      (global $sum i32 (i32.add (global.get $base) (i32.mul (i32.const 3) (i32.const 4))))
      (elem (i32.const 0) $one $two)
      (elem $passive func $three $two)
      (elem (table $t1) (i32.const 1) func $four $one)
      (elem declare func $four)
      (elem (table $t0) (global.get $base) funcref (ref.func $three) (ref.null func))
      (elem $exprs funcref (ref.func $four) (global.get $null))
      (elem (table $t1) (offset (i32.const 4)) funcref (item (ref.func $two)))
      (elem declare funcref (ref.func $three) (ref.null func))
      (func (export "t0") (param i32) (result i32) (call_indirect $t0 (type $t) (local.get 0)))
      (func (export "t1") (param i32) (result i32) (call_indirect $t1 (type $t) (local.get 0)))
      (func (export "sum") (result i32) (global.get $sum))
      (func (export "move")
        (table.init $t0 $passive (i32.const 5) (i32.const 0) (i32.const 2)) (elem.drop $passive)
        (table.init $t1 $exprs (i32.const 0) (i32.const 0) (i32.const 1))
        (table.set $t0 (i32.const 7) (global.get $g))
        (table.copy $t1 $t0 (i32.const 6) (i32.const 5) (i32.const 2))
        (table.fill $t0 (i32.const 0) (ref.func $four) (i32.const 1))
        (global.set $g (ref.func $two)))
      (func (export "grow") (param externref) (result i32 i32) (table.grow $ext (local.get 0) (i32.const 2)) (table.size $ext))
      (func (export "get") (param i32) (result externref) (table.get $ext (local.get 0)))
      (func (export "isNull") (result i32) (ref.is_null (global.get $null))))`,
    [
      ...[0, 1, 2, 3, 4].map((i): Call => ['t0', i]),
      ...[0, 1, 2, 3, 4, 5].map((i): Call => ['t1', i]),
      ['sum'],
      ['move'],
      ...[0, 1, 2, 3, 4, 5, 6, 7].flatMap((i): Call[] => [
        ['t0', i],
        ['t1', i],
      ]),
      ['grow', 'a value of the host'],
      ['grow', 'another'],
      ['get', 3],
      ['get', 4],
      ['isNull'],
      ['move'],
    ],
    () => ({ env: { one: () => 1, base: new engine.Global({ value: 'i32', mutable: false }, 3) } }),
  ],
  [
    'vectors, relaxed ones too',
    `(module
      (memory (export "memory") 1)
      (global v128 (v128.const i32x4 1 2 3 4))
      (func (export "f") (param i32)
        (v128.store (i32.const 0) (i32x4.add (global.get 0) (i32x4.splat (local.get 0))))
        (v128.store offset=16 align=4 (i32.const 0) (i8x16.shuffle 15 14 13 12 11 10 9 8 7 6 5 4 3 2 1 0 (v128.load (i32.const 0)) (v128.load8_splat (i32.const 1))))
        (v128.store32_lane offset=32 2 (i32.const 0) (v128.load16_lane 3 (i32.const 0) (v128.const i64x2 -1 -1)))
        (v128.store offset=48 (i32.const 0) (i32x4.relaxed_trunc_f32x4_s (f32x4.convert_i32x4_s (i32x4.replace_lane 1 (v128.load (i32.const 0)) (i32.const 77)))))
        (i32.store8 offset=64 (i32.const 0) (i8x16.extract_lane_u 5 (v128.bitselect (v128.load (i32.const 0)) (v128.load (i32.const 16)) (v128.load64_zero (i32.const 0)))))))`,
    [['f', 12_345]],
  ],
  [
    'numbers of every size of encoding',
    `(module
      (func (export "f") (result i32 i64 i32 i64 f32 f64)
        (i32.const -2147483648) (i64.const -9223372036854775808) (i32.const 2147483647) (i64.const 1234567890123)
        (f32.const -0x1.8p3) (f64.const 0x1.fffp100))
      (func (export "saturate") (param f64) (result i32 i64 i32)
        (i32.trunc_sat_f64_u (local.get 0)) (i64.trunc_sat_f64_s (local.get 0)) (i32.extend8_s (i32.const 255))))`,
    [['f'], ['saturate', -1], ['saturate', 1e300], ['saturate', Number.NaN]],
  ],
  [
    'a start function that reads memory and calls the host',
    `(module
      (import "env" "log" (func $log (param i32)))
      (memory (export "memory") 1)
      (data (i32.const 4) "\\2a")
      (global $ready (mut i32) (i32.const 0))
      (start $start)
      (func $start (call $log (i32.load8_u (i32.const 4))) (global.set $ready (i32.const 1)))
      (func (export "ready") (result i32) (global.get $ready)))`,
    [['ready']],
  ],
  [
    'mutable globals, tags and tables of the host',
    `(module
      (import "env" "counter" (global $counter (mut i64)))
      (import "env" "table" (table 1 10 funcref))
      (import "env" "tag" (tag $tag (param i32)))
      (import "env" "memory" (memory 1 2))
      (elem (i32.const 0) $count)
      (func $count (export "count") (result i64)
        (global.set $counter (i64.add (global.get $counter) (i64.const 1)))
        (i64.store (i32.const 0) (global.get $counter))
        (i64.load (i32.const 0)))
      (func (export "indirect") (result i64) (call_indirect (result i64) (i32.const 0)))
      (func (export "throw") (throw $tag (i32.const 5))))`,
    [['count'], ['indirect'], ['count']],
    () => ({
      env: {
        counter: new engine.Global({ value: 'i64', mutable: true }, 40n),
        table: new engine.Table({ element: 'anyfunc', initial: 1, maximum: 10 }),
        tag: new engine.Tag({ parameters: ['i32'] }),
        memory: new engine.Memory({ initial: 1, maximum: 2 }),
      },
    }),
  ],
];

for (const [title, text, calls, more] of GUESTS) {
  test(title, () => assertAgrees(assemble(text), calls, more));
}

test('exceptions of the older form: try, catch, catch_all, rethrow, delegate', () => {
  const bytes = legacyExceptions();
  assertAgrees(bytes, [
    ['f', 0],
    ['f', 1],
    ['f', 2],
    ['f', 3],
  ]);
});

test('guests are suspended in yield and go on, in turns, in their start function too', async () => {
  const bytes = assemble(`(module
    (import "env" "log" (func $log (param i32)))
    (global $n (mut i32) (i32.const 0))
    (func $spin (loop $again
      (call $log (global.get $n)) (global.set $n (i32.add (global.get $n) (i32.const 1)))
      (br_if $again (i32.rem_u (global.get $n) (i32.const 3)))))
    (start $spin) (export "run" (func $spin)))`);
  const prepared = prepareModule(bytes);
  const flag = new engine.Memory({ initial: 1, maximum: 1, shared: true });
  new Int32Array(flag.buffer)[0] = 1;
  const order: string[] = [];
  const guests = ['a', 'b'].map(async (who) => {
    const host = { flag, yield: new engine.Suspending(() => Promise.resolve()) };
    const env = { log: (n: number) => order.push(who + n) };
    const { exports } = new engine.Instance(new engine.Module(prepared.bytes), { env, perigee: host });
    await engine.promising(exports[prepared.startExport!])();
    await engine.promising(exports['run'])();
  });
  await Promise.all(guests);
  assert.deepEqual(
    order,
    [0, 1, 2, 3, 4, 5].flatMap((n) => [`a${n}`, `b${n}`]),
  );
});

test('functions keep their names under their new numbers', () => {
  const text = `(module $guest (import "env" "log" (func $log (param i32))) (memory $mem 1) (global $glob i32 (i32.const 1))
    (func $inner (param $why i32) (unreachable)) (func $outer (export "f") (call $inner (i32.const 0))))`;
  const original = assemble(text, true);
  assert.deepEqual([...readFunctionNames(original).values()], ['log', 'inner', 'outer']);
  const prepared = prepareModule(original);
  assert.deepEqual(Object.fromEntries(readFunctionNames(prepared.bytes)), { 0: 'log', 2: 'inner', 3: 'outer' });
  const guest = run(prepared, { env: { log: () => {} } });
  assert.throws(
    () => call(guest, 'f'),
    (error: Error) =>
      /guest\.inner .*wasm-function\[2\][\s\S]*guest\.outer .*wasm-function\[3\]/.test(error.stack ?? ''),
  );
});

test('a program compiled from AssemblyScript', () => {
  const bytes = Uint8Array.from(readFileSync(path.join(import.meta.dirname, 'testdata/program.wasm')));
  const abort = (): never => {
    throw new Error('aborted');
  };
  const calls: Call[] = [
    ['primes', 2000],
    ['words', 300],
    ['sort', 500],
    ['fail', 1],
  ];
  assertAgrees(bytes, calls, () => ({ env: { abort } }));
  const { sizes } = prepareModule(bytes);
  assert.ok(sizes.functionEffort < DEFAULT_MODULE_LIMITS.maxFunctionEffort / 10);
  assert.ok(sizes.rewrittenBytes < sizes.originalBytes * 1.25);
});

function legacyExceptions(): Uint8Array {
  const f = [
    [0, 0x06, 0x7f], // try (result i32)
    [0x06, 0x40], // try
    [0x06, 0x40, 0x20, 0, 0x10, 1, 0x18, 0], // try; raise(local 0); delegate 0
    [0x41, 1, 0x0f], // no exception: return 1
    [0x07, 1, 0x03, 0x40, 0x09, 1, 0x0b, 0x0b], // catch b: rethrow it from inside a loop; end
    [0x00], // unreachable
    [0x07, 0, 0x41, 10, 0x6a], // catch a: its payload + 10
    [0x19, 0x41, 0xe3, 0x00, 0x0b, 0x0b], // catch_all: 99
  ].flat();
  const raise = [
    [0, 0x20, 0, 0x41, 1, 0x46, 0x04, 0x40, 0x41, 7, 0x08, 0, 0x0b], // if 1: throw a(7)
    [0x20, 0, 0x41, 2, 0x46, 0x04, 0x40, 0x08, 1, 0x0b], // if 2: throw b
    [0x20, 0, 0x41, 3, 0x46, 0x04, 0x40, 0x00, 0x0b, 0x0b], // if 3: trap, which nothing catches
  ].flat();
  return moduleOf(
    section(1, 3, [0x60, 1, 0x7f, 1, 0x7f], [0x60, 1, 0x7f, 0], [0x60, 0, 0]),
    section(3, 2, 0, 1),
    section(13, 2, [0, 1], [0, 2]),
    section(7, 1, name('f'), 0, 0),
    section(10, 2, leb(f.length), f, leb(raise.length), raise),
  );
}
