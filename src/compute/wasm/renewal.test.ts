import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  assemble,
  call,
  type EngineGlobal,
  engine,
  type Guest,
  type Imports,
  moduleOf,
  renew,
  run,
  section,
} from '../../../test/support/wasm-engine.ts';
import { prepareModule } from './prepare.ts';

// What a call leaves behind is gone after a renewal; what cannot be put back makes a module one that is not renewed.

/** All that can be seen of an instance from outside. */
function stateOf({ exports, memory }: Guest): unknown {
  const globals = Object.entries(exports).filter(([, value]) => value instanceof engine.Global);
  return {
    globals: globals.map(([name, global]) => [name, valueOf(global as EngineGlobal)]),
    memory: Buffer.from((memory?.buffer ?? new ArrayBuffer(0)).slice(0) as ArrayBuffer).toString('latin1'),
  };
}

function valueOf(global: EngineGlobal): unknown {
  return typeof global.value === 'function' ? 'a function' : global.value;
}

test('globals of every type, data and what the start function does are as in a new instance', () => {
  const prepared = prepareModule(
    assemble(`(module
      (memory (export "memory") 1)
      (global $a (export "a") (mut i32) (i32.const -5)) (global $b (export "b") (mut i64) (i64.const 0x123456789abcdef))
      (global $c (export "c") (mut f32) (f32.const 1.5)) (global $d (export "d") (mut f64) (f64.const -0))
      (global $v (mut v128) (v128.const i32x4 1 2 3 4)) (global $sum (export "sum") (mut i32) (i32.add (i32.const 40) (i32.const 2)))
      (global $f (export "f") (mut funcref) (ref.func $spoil)) (global $n (export "n") (mut funcref) (ref.null func))
      (global (export "fixed") i32 (i32.const 9))
      (data (i32.const 0) "hello") (data "kept aside") (data (i32.const 3) "LO, over the first") (data (i32.const 65535) "!")
      (func $begin (global.set $a (i32.add (global.get $a) (i32.const 1))) (i32.store8 (i32.const 100) (i32.const 7)))
      (start $begin)
      (func (export "lane") (result i32) (i32x4.extract_lane 2 (global.get $v)))
      (func $spoil (export "spoil")
        (global.set $a (i32.const 1)) (global.set $b (i64.const 2)) (global.set $c (f32.const 3)) (global.set $d (f64.const 4))
        (global.set $v (v128.const i32x4 0 0 0 0)) (global.set $sum (i32.const 0))
        (global.set $f (ref.null func)) (global.set $n (ref.func $spoil))
        (memory.fill (i32.const 0) (i32.const 255) (i32.const 65536))))`),
  );
  assert.equal(prepared.renewExport, 'perigee.renew');
  const guest = run(prepared);
  const first = stateOf(guest);
  const bytes = Buffer.from(guest.memory?.buffer as ArrayBuffer);
  assert.equal(bytes.toString('latin1', 0, 18), 'helLO, over the fi');
  assert.deepEqual([bytes[100], bytes[65_535]], [7, 33]);
  call(guest, 'spoil');
  assert.notDeepEqual(stateOf(guest), first);
  assert.ok(renew(guest, prepared));
  assert.deepEqual(stateOf(guest), first);
  assert.equal(call(guest, 'lane'), 3);
});

test('a module without memory, globals and data is renewed by doing nothing', () => {
  const prepared = prepareModule(assemble('(module (func (export "one") (result i32) (i32.const 1)))'));
  const guest = run(prepared);
  assert.ok(renew(guest, prepared));
  assert.equal(call(guest, 'one'), 1);
});

const RUN = '(func (export "run") (result i32)';
const TABLE = '(table $t 4 8 funcref) (elem $e declare func $g) (func $g)';
const NOT_RENEWED: readonly [why: string, text: string, imports?: Imports][] = [
  ['table.set', `(module ${TABLE} ${RUN} (table.set $t (i32.const 0) (ref.func $g)) (i32.const 1)))`],
  ['table.grow', `(module ${TABLE} ${RUN} (table.grow $t (ref.null func) (i32.const 1))))`],
  ['table.fill', `(module ${TABLE} ${RUN} (table.fill $t (i32.const 0) (ref.null func) (i32.const 1)) (i32.const 1)))`],
  [
    'table.copy',
    `(module ${TABLE} ${RUN} (table.copy $t $t (i32.const 0) (i32.const 1) (i32.const 1)) (i32.const 1)))`,
  ],
  [
    'table.init',
    `(module (table $t 4 funcref) (elem $e func $g) (func $g) ${RUN} (table.init $t $e (i32.const 0) (i32.const 0) (i32.const 1)) (i32.const 1)))`,
  ],
  ['elem.drop', `(module (elem $e func $g) (func $g) ${RUN} (elem.drop $e) (i32.const 1)))`],
  ['data.drop', `(module (memory 1) (data $d "abc") ${RUN} (data.drop $d) (i32.const 1)))`],
  [
    'memory.init',
    `(module (memory 1) (data $d "abc") ${RUN} (memory.init $d (i32.const 0) (i32.const 0) (i32.const 3)) (i32.load (i32.const 0))))`,
  ],
  [
    'an imported global',
    `(module (import "env" "g" (global $g i32)) ${RUN} (global.get $g)))`,
    { env: { g: new engine.Global({ value: 'i32', mutable: false }, 3) } },
  ],
  [
    'a memory of the host',
    `(module (import "env" "memory" (memory 1)) (data (i32.const 0) "a") ${RUN} (i32.load (i32.const 0))))`,
    { env: { memory: new engine.Memory({ initial: 1, maximum: 4 }) } },
  ],
  [
    'data that is longer than the memory together',
    `(module (memory 1) ${twice(40_000)} ${RUN} (i32.load (i32.const 0))))`,
  ],
  ['too many globals', `(module ${'(global (mut i32) (i32.const 1))'.repeat(2_001)} ${RUN} (global.get 7)))`],
];

function twice(length: number): string {
  return `(data (i32.const 0) "${'x'.repeat(length)}") (data (i32.const 9) "${'y'.repeat(length)}")`;
}

for (const [why, text, imports = {}] of NOT_RENEWED) {
  test(`not renewed: ${why}`, () => {
    const bytes = assemble(text);
    const prepared = prepareModule(bytes);
    assert.equal(prepared.renewExport, undefined);
    assert.ok(!renew(run(prepared, imports), prepared));
    const original = new engine.Instance(new engine.Module(bytes), imports);
    assert.equal(call(run(prepared, imports), 'run'), call(original, 'run'));
  });
}

test('not renewed: a segment that does not fit, which must go on to fail at instantiation', () => {
  for (const offset of [65_534, 65_537, 0xffff_ffff]) {
    const prepared = prepareModule(
      assemble(`(module (memory 1) (data (i32.const ${offset}) "abc") (func (export "f")))`),
    );
    assert.equal(prepared.renewExport, undefined);
    assert.throws(() => run(prepared), /data segment 0 is out of bounds/);
  }
});

test('not renewed: a memory that has grown', () => {
  const prepared = prepareModule(
    assemble('(module (memory 1 2) (func (export "grow") (result i32) (memory.grow (i32.const 1))))'),
  );
  const guest = run(prepared);
  assert.ok(renew(guest, prepared));
  assert.equal(call(guest, 'grow'), 1);
  assert.ok(!renew(guest, prepared));
});

/** A module with one page whose only data segment has the offset that the bytes of `offset` say. */
function withOffset(offset: readonly number[]): Uint8Array {
  return moduleOf(
    section(1, 1, 0x60, 0, 0),
    section(3, 1, 0),
    section(5, 1, 0, 1),
    section(10, 1, 2, 0, 0x0b),
    section(11, 1, 0, offset, 0x0b, 1, 65),
  );
}

test('an offset that the engine refuses is not put right by leaving it out', () => {
  const good = [[0], [0x80, 0], [0x80, 0x80, 0x80, 0x80, 0], [0xff, 0xff, 3], [0xff, 0xff, 0x83, 0x80, 0]];
  for (const offset of good) {
    assert.ok(engine.validate(withOffset([0x41, ...offset])));
    assert.equal(prepareModule(withOffset([0x41, ...offset])).renewExport, 'perigee.renew', String(offset));
  }
  for (let last = 1; last < 0x80; last++) {
    for (const rest of [0x80, 0xff]) {
      const bytes = withOffset([0x41, rest, rest, rest, rest, last]);
      assert.equal(engine.validate(prepareModule(bytes).bytes), engine.validate(bytes), `${rest} ${last}`);
    }
  }
  for (const offset of [[], [0x42, 0], [0x41, 0, 0x41, 0], [0x41, 0, 0x41, 0, 0x6a], [0xd0, 0x70]]) {
    const bytes = withOffset(offset);
    const prepared = prepareModule(bytes);
    assert.equal(engine.validate(prepared.bytes), engine.validate(bytes), String(offset));
    assert.equal(prepared.renewExport, undefined);
  }
});

test('not renewed: a variable exnref, beside which the engine takes no exceptions of the older form', () => {
  const of = (mutable: number, body: readonly number[]): Uint8Array =>
    moduleOf(
      section(1, 1, 0x60, 0, 0),
      section(3, 1, 0),
      section(6, 1, 0x69, mutable, 0xd0, 0x69, 0x0b),
      section(10, 1, body.length + 2, 0, body, 0x0b),
    );
  const catchAll = [0x06, 0x40, 0x19, 0x0b];
  for (const body of [catchAll, []]) {
    for (const mutable of [0, 1]) {
      const prepared = prepareModule(of(mutable, body));
      assert.ok(engine.validate(of(mutable, body)));
      assert.ok(engine.validate(prepared.bytes));
      assert.equal(prepared.renewExport, mutable === 1 ? undefined : 'perigee.renew');
    }
  }
});

test('references to functions in many first values each get their new number', () => {
  const globals = Array.from(
    { length: 900 },
    (_, i) => `(global (export "g${i}") ${i % 3 === 0 ? 'funcref' : '(mut funcref)'} (ref.func ${i % 5}))`,
  );
  const bytes = assemble(
    `(module (import "env" "f" (func)) ${globals.join('')} (func (export "a")) (func) (func) (func)
      (func (export "spoil") ${globals.map((_, i) => (i % 3 === 0 ? '' : `(global.set ${i} (ref.null func))`)).join('')}))`,
  );
  const prepared = prepareModule(bytes);
  const guest = run(prepared, { env: { f: () => {} } });
  const indices = (): (string | undefined)[] =>
    globals.map((_, i) => ((guest.exports[`g${i}`] as EngineGlobal).value as { name: string } | null)?.name);
  const first = indices();
  assert.deepEqual(
    first,
    globals.map((_, i) => String(i % 5 === 0 ? 0 : (i % 5) + 1)),
  );
  call(guest, 'spoil');
  assert.equal(indices().filter((index) => index === undefined).length, 600);
  assert.ok(renew(guest, prepared));
  assert.deepEqual(indices(), first);
});

test('a guest may not have an export of that name', () => {
  assert.throws(() => prepareModule(assemble('(module (func (export "perigee.renew")))')), {
    code: 'WASM_RESERVED_NAME',
  });
});

test('a wrong count of data segments is refused, so that rewriting cannot put it right', () => {
  const of = (count: number, ...data: Uint8Array[]): Uint8Array =>
    moduleOf(
      section(1, 1, 0x60, 0, 0),
      section(3, 1, 0),
      section(5, 1, 0, 1),
      section(12, count),
      section(10, 1, 2, 0, 0x0b),
      ...data,
    );
  const one = section(11, 1, 0, 0x41, 0, 0x0b, 1, 65);
  assert.ok(engine.validate(prepareModule(of(1, one)).bytes));
  for (const wrong of [of(0, one), of(2, one), of(1)]) {
    assert.ok(!engine.validate(wrong));
    assert.throws(() => prepareModule(wrong), { code: 'WASM_MALFORMED' });
  }
});

test('whatever it begins with and whatever was done to it, it is as new', () => {
  const i32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
  const data = fc.array(fc.tuple(fc.nat(65_536 - 300), fc.string({ unit: 'binary-ascii', maxLength: 300 })), {
    maxLength: 8,
  });
  const stores = fc.array(fc.tuple(fc.nat(65_532), i32), { maxLength: 20 });
  fc.assert(
    fc.property(
      fc.array(i32, { maxLength: 6 }),
      fc.array(i32, { minLength: 6, maxLength: 6 }),
      data,
      stores,
      (values, later, segments, writes) => {
        const quote = (text: string): string => Buffer.from(text).toString('hex').replaceAll(/../g, String.raw`\$&`);
        const prepared = prepareModule(
          assemble(`(module (memory (export "memory") 1)
          ${values.map((value, i) => `(global (export "g${i}") (mut i32) (i32.const ${value}))`).join('')}
          ${segments.map(([offset, text]) => `(data (i32.const ${offset}) "${quote(text)}")`).join('')}
          (func (export "spoil") ${values.map((_, i) => `(global.set ${i} (i32.const ${later[i]}))`).join('')}
            ${writes.map(([at, value]) => `(i32.store (i32.const ${at}) (i32.const ${value}))`).join('')}))`),
        );
        const guest = run(prepared);
        const first = stateOf(guest);
        call(guest, 'spoil');
        assert.ok(renew(guest, prepared));
        assert.deepEqual(stateOf(guest), first);
      },
    ),
    { numRuns: 60 },
  );
});
