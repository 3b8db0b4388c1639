import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { byteFlips, codeOf, truncations } from '../../../test/support/hostile.ts';
import { assemble, engine, leb, moduleOf, section, times } from '../../../test/support/wasm-engine.ts';
import { DEFAULT_MODULE_LIMITS } from './limits.ts';
import { readFunctionNames } from './format/index.ts';
import { prepareModule } from './prepare.ts';

/** Prepares hostile bytes; what is accepted must be valid to the engine exactly when the original was. */
function withstand(bytes: Uint8Array): string | undefined {
  let prepared: Uint8Array | undefined;
  const code = codeOf(() => {
    prepared = prepareModule(bytes).bytes;
  }, 'WASM_');
  if (prepared !== undefined) {
    assert.equal(
      engine.validate(prepared),
      engine.validate(bytes),
      `validity changed: ${Buffer.from(bytes).toString('hex')}`,
    );
    readFunctionNames(prepared);
  }
  return code;
}

const FIXTURES: readonly (readonly [title: string, bytes: Uint8Array])[] = [
  ['no section', moduleOf()],
  [
    'declarations of every kind',
    assemble(
      `(module $m
        (type $t (func (param i32) (result i32)))
        (import "e" "f" (func $f (type $t))) (import "e" "t" (table 1 2 externref))
        (import "e" "g" (global $g i32)) (import "e" "x" (tag $x (param i32)))
        (memory (export "m") 1 2) (table $tab 3 5 funcref) (tag $own)
        (global $h (mut i32) (i32.add (global.get $g) (i32.const 1))) (global funcref (ref.func $k))
        (func $k (export "k") (type $t) (local.get 0)) (func $s) (start $s)
        (elem (table $tab) (i32.const 0) func $k $f) (elem funcref (ref.func $k) (ref.null func)) (elem declare func $s)
        (data (i32.const 0) "abc") (data "passive") (export "h" (global $h)))`,
      true,
    ),
  ],
  [
    'code of every kind',
    assemble(
      `(module (type $t (func (param i32) (result i32))) (memory 1) (table 2 funcref) (tag $x (param i32)) (data "abc")
        (func $f (type $t) (local i64 v128)
          (block (result i32) (block (loop (br_if 0 (local.get 0)) (br_table 0 1 (local.get 0)))) (i32.const 3))
          (if (param i32) (result i32) (local.get 0) (then (call $f)) (else (return_call_indirect (type $t) (i32.const 0))))
          (block $h (param i32) (result i32) (drop) (try_table (catch $x $h) (throw $x (i32.const 1))) (i32.const 1))
          (memory.init 0 (i32.const 0) (i32.const 0) (i32.const 1)) (memory.fill (i32.const 0) (i32.const 0) (i32.const 9))
          (local.set 1 (i64.load offset=300 (i32.const 0)))
          (local.set 2 (v128.load8_lane 3 (i32.const 0) (v128.const i64x2 5 6)))
          (drop (table.grow (ref.null func) (i32.const 0))) (drop (ref.func $f)) (drop (memory.grow (i32.trunc_sat_f32_s (f32.const 1))))
          (select (result i32) (i32.const 1) (i32.extend8_s (i32.const 5))))
        (elem declare func $f))`,
    ),
  ],
  [
    'exceptions of the older form',
    moduleOf(
      section(1, 1, 0x60, 0, 0),
      section(3, 1, 0),
      section(13, 1, 0, 0),
      section(
        10,
        1,
        24,
        [
          0, 0x06, 0x40, 0x06, 0x40, 0x08, 0, 0x18, 0, 0x07, 0, 0x09, 0, 0x19, 0x03, 0x40, 0x0c, 0, 0x0b, 0x0b, 0x01,
          0x01, 0x01, 0x0b,
        ],
      ),
    ),
  ],
];

for (const [title, bytes] of FIXTURES) {
  test(`every truncation and byte flip: ${title}`, () => {
    assert.ok(engine.validate(bytes), 'the fixture is valid');
    assert.equal(withstand(bytes), undefined);
    for (const cut of truncations(bytes)) withstand(cut);
    for (const flipped of byteFlips(bytes)) withstand(flipped);
  });
}

test('a real program with bytes changed, cut out and repeated', () => {
  const program = Uint8Array.from(readFileSync(path.join(import.meta.dirname, 'testdata/program.wasm')));
  const place = fc.nat(program.length - 1);
  fc.assert(
    fc.property(fc.array(fc.tuple(place, fc.nat(255)), { minLength: 1, maxLength: 3 }), (changes) => {
      const changed = program.slice();
      for (const [at, value] of changes) changed[at] = value;
      withstand(changed);
    }),
    { numRuns: 300 },
  );
  fc.assert(
    fc.property(place, place, place, (from, to, at) => {
      const part = program.subarray(Math.min(from, to), Math.max(from, to));
      withstand(Uint8Array.from([...program.subarray(0, at), ...part, ...program.subarray(at)]));
    }),
    { numRuns: 60 },
  );
});

test('any bytes, alone, as a section, as a function body', () => {
  const anything = fc.uint8Array({ maxLength: 200 });
  fc.assert(
    fc.property(anything, fc.nat(14), (bytes, id) => {
      withstand(bytes);
      withstand(moduleOf(bytes));
      withstand(moduleOf(section(id, bytes)));
      withstand(
        moduleOf(
          section(1, 2, 0x60, 0, 0, 0x60, 1, 0x7f, 1, 0x7f),
          section(3, 1, 1),
          section(5, 1, 0, 1),
          section(10, 1, leb(bytes.length), bytes),
        ),
      );
    }),
    { numRuns: 700 },
  );
});

test('instructions in any order', () => {
  const instruction = fc.oneof(
    fc.nat(255).map((opcode) => [opcode]),
    fc.tuple(fc.nat(255), fc.nat(3)).map((bytes) => [...bytes]),
    fc.constantFrom(
      [0x02, 0x40],
      [0x03, 0x40],
      [0x04, 0x7f],
      [0x41, 1],
      [0x20, 0],
      [0x10, 0],
      [0x0b],
      [0x0c, 0],
      [0x0d, 1],
      [0x28, 2, 0],
    ),
    fc.tuple(fc.constantFrom(0xfc, 0xfd), fc.nat(0x120)).map(([prefix, opcode]) => [prefix, ...leb(opcode), 0, 0]),
  );
  fc.assert(
    fc.property(fc.array(instruction, { maxLength: 20 }), (instructions) => {
      const body = [0, ...instructions.flat(), 0x0b];
      withstand(
        moduleOf(
          section(1, 1, 0x60, 1, 0x7f, 1, 0x7f),
          section(3, 1, 0),
          section(4, 1, 0x70, 0, 1),
          section(5, 1, 0, 1),
          section(12, 0),
          section(10, 1, leb(body.length), body),
        ),
      );
    }),
    { numRuns: 1500 },
  );
});

test('lengths and counts of a thousand million are refused before anything is reserved', () => {
  const huge = leb(1_000_000_000);
  const types = section(1, 1, 0x60, 0, 0);
  const one = section(3, 1, 0);
  for (const id of [1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 13]) {
    assert.notEqual(withstand(moduleOf(section(id, huge))), undefined, `a count in section ${id}`);
    assert.equal(withstand(moduleOf(Uint8Array.from([id, ...huge]))), 'WASM_TRUNCATED');
  }
  assert.equal(withstand(moduleOf(Uint8Array.from([0, ...huge]))), 'WASM_TRUNCATED');
  assert.equal(withstand(moduleOf(section(0, huge))), 'WASM_NAME_TOO_LONG');
  const body = (...code: (number | number[])[]): Uint8Array => section(10, 1, leb(code.flat().length), code.flat());
  const memory = section(5, 1, 0, 1);
  for (const bytes of [
    moduleOf(section(1, 1, 0x60, huge)),
    moduleOf(section(2, 1, huge)),
    moduleOf(types, one, section(10, 1, huge)),
    moduleOf(types, one, body(huge)),
    moduleOf(types, one, body(1, huge, 0x7f, 0x0b)),
    moduleOf(types, one, body(0, 0x41, 0, 0x0e, huge, 0, 0x0b)),
    moduleOf(types, one, body(0, 0x1f, 0x40, huge, 0x0b)),
    moduleOf(section(9, 1, 1, 0, huge)),
    moduleOf(section(9, huge)),
    moduleOf(memory, section(11, 1, 1, huge)),
    moduleOf(section(4, 1, 0x70, 0, huge)),
    moduleOf(section(5, 1, 0, huge)),
  ]) {
    assert.notEqual(withstand(bytes), undefined);
  }
});

test('a malformed name section is left out', () => {
  for (const contents of [
    [],
    [1],
    [1, 5, 1],
    [1, 1, 9],
    [1, 3, 1, 0, 200],
    leb(1_000_000_000),
    [9, ...leb(1_000_000_000)],
  ]) {
    const bytes = moduleOf(section(0, 4, [0x6e, 0x61, 0x6d, 0x65], contents));
    const prepared = prepareModule(bytes);
    assert.ok(engine.validate(prepared.bytes));
    assert.equal(readFunctionNames(prepared.bytes).size, 0);
    assert.equal(readFunctionNames(bytes).size, 0);
  }
});

function bomb(types: readonly number[], locals: number, ...code: readonly (readonly number[])[]): Uint8Array {
  const body = [1, ...leb(locals), 0x7f, ...code.flat(), 0x0b];
  return moduleOf(
    section(1, types),
    section(3, 1, 0),
    section(4, 1, 0x70, 0, 1),
    section(10, 1, leb(body.length), body),
  );
}

test('code that would take gigabytes or minutes to compile is refused', () => {
  const nothing = [1, 0x60, 0, 0];
  const wide = [2, 0x60, 0, 0, 0x60, ...leb(128), ...times(128, [0x7f]), ...leb(128), ...times(128, [0x7f])];
  const bombs: Record<string, Uint8Array> = {
    'operands at blocks': bomb(
      nothing,
      1,
      times(10_000, [0x41, 0]),
      times(10_000, [0x02, 0x40, 0x41, 0, 0x0d, 0, 0x0b]),
      times(10_000, [0x1a]),
    ),
    'locals at blocks': bomb(nothing, 50_000, times(1_000, [0x03, 0x40, 0x0b])),
    'locals at nested conditions': bomb(nothing, 10_000, times(5_000, [0x20, 0, 0x04, 0x40]), times(5_000, [0x0b])),
    'operands at loops': bomb(
      nothing,
      1,
      times(10_000, [0x20, 0]),
      times(1_000, [0x03, 0x40, 0x0b]),
      times(10_000, [0x1a]),
    ),
    'branches that carry much': bomb(
      wide,
      1,
      times(128, [0x41, 0]),
      [0x02, 1],
      times(50_000, [0x41, 0, 0x0d, 0]),
      [0x0b],
      times(128, [0x1a]),
    ),
    'a table of branches that carry much': bomb(
      wide,
      1,
      times(300, [0x02, 1]),
      times(300, [0x00, 0x0e, ...leb(299), ...times(300, [0]), 0x0b]),
    ),
    'calls that carry much': bomb(wide, 1, [0x00], times(20_000, [0x11, 1, 0])),
  };
  for (const [title, bytes] of Object.entries(bombs)) {
    assert.equal(
      codeOf(() => prepareModule(bytes)),
      'WASM_FUNCTION_TOO_COMPLEX',
      title,
    );
  }
});

test('effort is counted as specified', () => {
  // 2 locals, 1 result: entry check 2 × 2; block 2, br_if 2 + 0 operands, end 2; constant; end of the function 2 + 1 operand + 1 result.
  const body = [1, 1, 0x7f, 0x02, 0x40, 0x20, 0, 0x0d, 0, 0x0b, 0x41, 0, 0x0b];
  const bytes = moduleOf(section(1, 1, 0x60, 1, 0x7f, 1, 0x7f), section(3, 1, 0), section(10, 1, body.length, body));
  assert.ok(engine.validate(bytes));
  // The function itself counts as a block that is entered: 2.
  assert.equal(prepareModule(bytes).sizes.functionEffort, 2 + 4 + 2 + 2 + 2 + 4);
});

test('the largest effort that is allowed compiles within moments', () => {
  const heights = [500, 2000];
  for (const height of heights) {
    const unit = [0x02, 0x40, 0x41, 0, 0x0d, 0, 0x0b];
    const blocks = Math.floor(DEFAULT_MODULE_LIMITS.maxFunctionEffort / (3 * (height + 1))) - 1;
    const body = [1, 1, 0x7f, ...times(height, [0x20, 0]), ...times(blocks, unit), ...times(height, [0x1a]), 0x0b];
    const bytes = moduleOf(
      section(1, 1, 0x60, 0, 0),
      section(3, 1, 0),
      section(7, 1, 1, 0x66, 0, 0),
      section(10, 1, leb(body.length), body),
    );
    const prepared = prepareModule(bytes);
    assert.ok(prepared.sizes.functionEffort > DEFAULT_MODULE_LIMITS.maxFunctionEffort * 0.95);
    const before = process.cpuUsage();
    const flag = new engine.Memory({ initial: 1, maximum: 1, shared: true });
    const { exports } = new engine.Instance(new engine.Module(prepared.bytes), { perigee: { flag, yield: () => {} } });
    (exports['f'] as () => void)();
    const { user, system } = process.cpuUsage(before);
    assert.ok(user + system < 3_000_000, `${user + system} µs`);
  }
});
