/** Modules that are hostile before they run: bombs, excess in every section, features that are refused, broken binaries. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DEFAULT_MODULE_LIMITS } from '../../src/compute/wasm/index.ts';
import { CodedError, utf8 } from '../../src/kernel/index.ts';
import { type Arena, createArena, endOf } from '../support/arena.ts';
import { capabilities, echo, env, guest } from '../support/guests.ts';
import { byteFlips, truncations } from '../support/hostile.ts';
import { assemble, leb, moduleOf, name, section, times } from '../support/wasm-engine.ts';

let arena: Arena;
before(async () => {
  arena = await createArena();
});
after(() => arena.close());

/** The code with which a module is refused, or how its one call ended. Without neighbours, a deadline that suits guests by the hundred. */
async function fateOf(bytes: Uint8Array, neighbours = 1): Promise<string> {
  try {
    return endOf(await arena.run(bytes, { deadlineMs: neighbours === 0 ? 100 : 20_000 }, capabilities(), neighbours));
  } catch (error) {
    if (error instanceof CodedError) return error.code;
    throw error;
  }
}

const repeated = (count: number, part: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => part(i)).join('');
const L = DEFAULT_MODULE_LIMITS;

test('memory and table bombs are refused or held at their caps', async () => {
  for (const [fields, fate] of [
    ['(memory (export "memory") 65536)', 'WASM_MEMORY_TOO_LARGE'],
    ['(memory (export "memory") 257 65536)', 'WASM_MEMORY_TOO_LARGE'],
    ['(memory (export "memory") 1 65536)', 'output'],
    ['(memory (export "memory") 1) (table 4294967295 funcref)', 'WASM_TABLE_TOO_LARGE'],
    ['(memory (export "memory") 1) (table 65537 externref)', 'WASM_TABLE_TOO_LARGE'],
    ['(memory (export "memory") 1) (table 1 4294967295 funcref)', 'output'],
    [`(memory (export "memory") 1) ${'(table 65536 funcref)'.repeat(2)}`, 'output'],
    [`(memory (export "memory") 1) ${'(table 65536 funcref)'.repeat(3)}`, 'WASM_TABLE_TOO_LARGE'],
    [`(memory (export "memory") 1) ${'(table 1 funcref)'.repeat(9)}`, 'WASM_TOO_MANY_TABLES'],
  ] as const) {
    const bytes = assemble(`(module ${fields} (func (export "allocate") (param i32) (result i32) (i32.const 8))
      (func (export "run_e") (param i32 i32 i32)))`);
    assert.equal(await fateOf(bytes), fate, fields);
  }
});

test('growing a memory or a table to the cap, again and again, harms nobody', async () => {
  const bytes = guest({
    fields: '(table 1 externref) (table $t 1 65536 funcref)',
    run: `(loop $m (br_if $m (i32.ge_s (memory.grow (i32.const 15)) (i32.const 0))))
      (loop $t (br_if $t (i32.ge_s (table.grow $t (ref.null func) (i32.const 4096)) (i32.const 0))))
      (if (i32.gt_u (table.size $t) (i32.const 65536)) (then unreachable))
      (if (i32.ne (memory.size) (i32.const 256)) (then unreachable))`,
  });
  for (let i = 0; i < 20; i++) assert.equal(await fateOf(bytes), 'output');
});

test('features that are refused by name, as the text or the bytes of a guest', async () => {
  const type = (...bytes: (number | readonly number[])[]): Uint8Array => moduleOf(section(1, 1, ...bytes));
  for (const [title, bytes] of Object.entries({
    'a structure type': type(0x5f, 1, 0x7f, 0),
    'an array type': type(0x5e, 0x7f, 1),
    'a group of recursive types': type(0x4e, 1, 0x60, 0, 0),
    'a sub type': type(0x50, 0, 0x60, 0, 0),
    'a final sub type': type(0x4f, 0, 0x60, 0, 0),
    'a continuation type': type(0x5d, 0),
    'an any reference': type(0x60, 1, 0x6e, 0),
    'a typed reference': type(0x60, 1, 0x63, 0, 0),
    'a string reference': type(0x60, 1, 0x67, 0),
    'a shared memory': assemble('(module (memory 1 2 shared))'),
    'a 64-bit memory': assemble('(module (memory i64 1))'),
    'two memories': assemble('(module (memory 1) (memory 1))'),
    'an atomic access': moduleOf(
      section(1, 1, 0x60, 0, 0),
      section(3, 1, 0),
      section(5, 1, 0, 1),
      section(10, 1, 9, [0, 0x41, 0, 0xfe, 0x10, 2, 0, 0x1a, 0x0b]),
    ),
  })) {
    assert.equal(await fateOf(bytes), 'WASM_UNSUPPORTED_FEATURE', title);
  }
});

test('thousands of imports, exports, functions, locals, types, globals and segments: up to the limit and no further', async () => {
  const many = (fields: string): Uint8Array => guest({ fields });
  const imports = (count: number): Uint8Array =>
    guest({ imports: repeated(count, (i) => env('log_msg', 4, 0).replace('$log_msg', `$log${i}`)) });
  const cases: Readonly<Record<string, readonly [Uint8Array, string]>> = {
    imports: [imports(L.maxImports), 'output'],
    'more imports': [imports(L.maxImports + 1), 'WASM_TOO_MANY_IMPORTS'],
    exports: [many(repeated(L.maxExports - 4, (i) => `(export "e${i}" (func $run))`)), 'output'],
    'more exports': [many(repeated(L.maxExports + 1, (i) => `(export "e${i}" (func $run))`)), 'WASM_TOO_MANY_EXPORTS'],
    globals: [many('(global i32 (i32.const 0))'.repeat(L.maxGlobals - 1)), 'output'],
    'more globals': [many('(global i32 (i32.const 0))'.repeat(L.maxGlobals)), 'WASM_TOO_MANY_GLOBALS'],
    tags: [many('(tag)'.repeat(L.maxTags)), 'output'],
    'more tags': [many('(tag)'.repeat(L.maxTags + 1)), 'WASM_TOO_MANY_TAGS'],
    'element segments': [many('(elem declare func $run)'.repeat(L.maxElementSegments)), 'output'],
    'more element segments': [
      many('(elem declare func $run)'.repeat(L.maxElementSegments + 1)),
      'WASM_TOO_MANY_ELEMENT_SEGMENTS',
    ],
    types: [
      many(repeated(L.maxTypes + 1, (i) => `(type (func (param ${'i32 '.repeat(i % 100)}) ))`)),
      'WASM_TOO_MANY_TYPES',
    ],
    parameters: [many(`(type (func (param ${'i64 '.repeat(L.maxParameters + 1)})))`), 'WASM_TOO_MANY_PARAMETERS'],
    locals: [body([1, ...leb(L.maxLocals - 3), 0x7f], []), 'output'],
    'more locals': [body([1, ...leb(L.maxLocals + 1), 0x7f], []), 'WASM_TOO_MANY_LOCALS'],
    'locals in a thousand groups': [
      body([...leb(1000), ...times(1000, [...leb(100), 0x7f])], []),
      'WASM_TOO_MANY_LOCALS',
    ],
    'nested blocks': [body([0], [...times(9000, [0x02, 0x40]), ...times(9000, [0x0b])]), 'output'],
    'more nested blocks': [
      body([0], [...times(10_001, [0x02, 0x40]), ...times(10_001, [0x0b])]),
      'WASM_NESTING_TOO_DEEP',
    ],
    'a body that is too large': [body([0], times(L.maxFunctionBytes, [0x01])), 'WASM_FUNCTION_TOO_LARGE'],
    functions: [functions(L.maxFunctions - 2), 'output'],
    'more functions': [functions(L.maxFunctions), 'WASM_TOO_MANY_FUNCTIONS'],
  };
  for (const [title, [bytes, fate]] of Object.entries(cases)) assert.equal(await fateOf(bytes), fate, title);
});

test('a guest cut off at every byte is refused with a code; the sandbox goes on', async () => {
  for (const cut of truncations(echo())) {
    assert.match(await fateOf(cut, 0), /^(WASM|ABI)_/, `${cut.length} bytes`);
  }
  assert.equal(await fateOf(echo()), 'output');
});

test('a guest with any byte changed is refused with a code, or runs to a coded end; neighbours are served', async () => {
  const original = guest({
    imports: env('return_result', 3, 0) + env('cache_get', 3),
    fields: '(table 2 funcref) (elem (i32.const 0) $run) (data (i32.const 0) "some data")',
    run: `(loop $l (br_if $l (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 100))))
      (drop (call $cache_get (i32.const 0) (i32.const 4) (local.get $ident)))
      (call $return_result (local.get $ptr) (local.get $len) (local.get $ident))`,
  });
  const fates = new Map<string, number>();
  let i = 0;
  for (const flipped of byteFlips(original)) {
    // One in three, and neighbours for one in thirty: enough to see each byte, each kind of change, and each kind of end.
    if (i++ % 3 !== 0) continue;
    const fate = await fateOf(flipped, i % 30 === 1 ? 1 : 0);
    fates.set(fate, (fates.get(fate) ?? 0) + 1);
  }
  const ends = [
    'output',
    'guest-error',
    'TRAP',
    'STACK',
    'MEMORY_LIMIT',
    'DEADLINE',
    'HOST_CALL_FLOOD',
    'OUTPUT_TOO_LARGE',
  ];
  for (const fate of fates.keys()) assert.ok(ends.includes(fate) || /^(WASM|ABI)_|^SANDBOX_COMPILE$/.test(fate), fate);
  for (const fate of ['output', 'TRAP', 'ABI_UNKNOWN_IMPORT', 'WASM_MALFORMED']) assert.ok(fates.has(fate), fate);
  assert.equal(await fateOf(echo(), 20), 'output');
});

const TYPES = section(1, 2, 0x60, 3, 0x7f, 0x7f, 0x7f, 0, 0x60, 1, 0x7f, 1, 0x7f);
const EXPORTS = section(7, 3, name('memory'), 2, 0, name('run_e'), 0, 0, name('allocate'), 0, 1);
const ALLOCATE = [4, 0, 0x41, 8, 0x0b];

/** A guest whose `run_e` has these locals and this code. */
function body(locals: readonly number[], code: readonly number[]): Uint8Array {
  const run = [...locals, ...code, 0x0b];
  return moduleOf(
    TYPES,
    section(3, 2, 0, 1),
    section(5, 1, 0, 1),
    EXPORTS,
    section(10, 2, leb(run.length), run, ALLOCATE),
  );
}

/** A guest with `count` more functions. */
function functions(count: number): Uint8Array {
  const total = leb(count + 2);
  const bodies = new Uint8Array(count * 3).map((_, i) => [2, 0, 0x0b][i % 3] ?? 0);
  const types = new Uint8Array(count);
  return moduleOf(
    TYPES,
    section(3, total, 0, 1, types),
    section(5, 1, 0, 1),
    EXPORTS,
    section(10, total, [2, 0, 0x0b], ALLOCATE, bodies),
  );
}

test('a module that is not one, and a text that looks like one', async () => {
  for (const [bytes, code] of [
    [new Uint8Array(0), 'WASM_NOT_WASM'],
    [utf8('\0asm'), 'WASM_TRUNCATED'],
    [utf8('(module)'), 'WASM_NOT_WASM'],
    [Uint8Array.of(0, 0x61, 0x73, 0x6d, 2, 0, 0, 0), 'WASM_UNSUPPORTED_VERSION'],
    [Uint8Array.of(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0), 'WASM_UNSUPPORTED_VERSION'],
  ] as const) {
    assert.equal(await fateOf(bytes, 0), code);
  }
});
