import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeOf } from '../../../test/support/hostile.ts';
import { assemble, call, engine, leb, moduleOf, name, run, section, times } from '../../../test/support/wasm-engine.ts';
import { equal, utf8 } from '../../kernel/index.ts';
import type { WasmErrorCode } from './errors.ts';
import { DEFAULT_MODULE_LIMITS, type ModuleLimits } from './limits.ts';
import { prepareModule } from './prepare.ts';

const VOID_TYPE = section(1, 1, 0x60, 0, 0);
const ONE_FUNCTION = section(3, 1, 0);
const EMPTY_MODULE = moduleOf();

function bodyOf(...code: (number | readonly number[])[]): Uint8Array {
  const body = [0, ...code.flat(), 0x0b];
  return section(10, 1, leb(body.length), body);
}

function functionOf(...code: (number | readonly number[])[]): Uint8Array {
  return moduleOf(VOID_TYPE, ONE_FUNCTION, bodyOf(...code));
}

function refusal(bytes: Uint8Array, limits: Partial<ModuleLimits> = {}): string | undefined {
  return codeOf(() => prepareModule(bytes, { ...DEFAULT_MODULE_LIMITS, ...limits }), 'WASM_');
}

test('what a module imports, exports and declares is listed with its types', () => {
  const prepared = prepareModule(
    assemble(`(module
      (type $pair (func (param i32 i64) (result f32 f64)))
      (import "env" "f" (func $f (type $pair)))
      (import "env" "t" (table 2 externref))
      (import "env" "g" (global (mut v128)))
      (import "env" "e" (tag $e (param externref)))
      (memory (export "memory") 3)
      (table (export "table") 1 5 funcref)
      (global (export "answer") i32 (i32.const 42))
      (func (export "run") (param funcref))
      (func $start)
      (start $start)
      (export "again" (func $f))
      (export "e" (tag $e)))`),
  );
  const pair = { params: ['i32', 'i64'], results: ['f32', 'f64'] };
  assert.deepEqual(prepared.imports, [
    { module: 'env', name: 'f', kind: 'function', type: pair },
    { module: 'env', name: 't', kind: 'table', type: { element: 'externref', min: 2, max: 65_536 } },
    { module: 'env', name: 'g', kind: 'global', type: { value: 'v128', mutable: true } },
    { module: 'env', name: 'e', kind: 'tag', type: { params: ['externref'], results: [] } },
  ]);
  assert.deepEqual(
    prepared.exports.map(({ name, kind }) => [name, kind]),
    [
      ['memory', 'memory'],
      ['table', 'table'],
      ['answer', 'global'],
      ['run', 'function'],
      ['again', 'function'],
      ['e', 'tag'],
    ],
  );
  assert.deepEqual(prepared.exports[0]?.type, { source: 'own', minPages: 3, maxPages: 1024 });
  assert.deepEqual(prepared.exports[4]?.type, pair);
  assert.deepEqual(prepared.memory, { source: 'own', minPages: 3, maxPages: 1024 });
  assert.deepEqual(prepared.tables, [
    { element: 'externref', min: 2, max: 65_536, imported: true },
    { element: 'funcref', min: 1, max: 5, imported: false },
  ]);
  assert.equal(prepared.startExport, 'perigee.start');
  assert.equal(prepared.sizes.functions, 3);
  assert.equal(prepared.sizes.checks, 2);
  assert.equal(prepared.sizes.rewrittenBytes, prepared.bytes.length);
  assert.deepEqual(structuredClone(prepared), prepared);
});

test('the rewritten module imports yield, memory and flag from the host and nothing else new', () => {
  const imports = (text: string): string[] =>
    engine.Module.imports(new engine.Module(prepareModule(assemble(text)).bytes)).map((i) => `${i.module}.${i.name}`);
  assert.deepEqual(imports('(module)'), ['perigee.yield', 'perigee.flag']);
  assert.deepEqual(imports('(module (memory 1))'), ['perigee.yield', 'perigee.memory', 'perigee.flag']);
  assert.deepEqual(imports('(module (import "env" "memory" (memory 1)))'), [
    'env.memory',
    'perigee.yield',
    'perigee.flag',
  ]);
});

test('a module without a start function has none to export', () => {
  const prepared = prepareModule(EMPTY_MODULE);
  assert.equal('startExport' in prepared, false);
  assert.deepEqual(prepared.memory, { source: 'none', minPages: 0, maxPages: 0 });
  assert.ok(engine.validate(prepared.bytes));
});

test('the start function runs when the host calls it, imported or not', () => {
  let calls = 0;
  const text = '(module (import "env" "f" (func $f)) (start $f))';
  const prepared = prepareModule(assemble(text));
  run(prepared, { env: { f: () => calls++ } });
  assert.equal(calls, 1);
});

test('the memory cannot grow over the cap, whatever the module declares', () => {
  for (const declared of ['1', '1 60000', '1 4']) {
    const text = `(module (memory (export "memory") ${declared}) (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))`;
    const prepared = prepareModule(assemble(text), { ...DEFAULT_MODULE_LIMITS, maxMemoryPages: 6 });
    const guest = run(prepared);
    const cap = declared === '1 4' ? 4 : 6;
    assert.equal(prepared.memory.maxPages, cap);
    assert.equal(call(guest, 'grow', cap), -1);
    assert.equal(call(guest, 'grow', cap - 1), 1);
    assert.equal(call(guest, 'grow', 1), -1);
    assert.equal(guest.exports['memory'], guest.memory);
  }
});

test('an imported memory is taken from where the guest imports it, up to the cap', () => {
  const prepared = prepareModule(assemble('(module (import "env" "memory" (memory 1)))'));
  assert.deepEqual(prepared.memory, { source: 'imported', minPages: 1, maxPages: 1024 });
  const within = new engine.Memory({ initial: 1, maximum: 1024 });
  const above = new engine.Memory({ initial: 1, maximum: 1025 });
  run(prepared, { env: { memory: within } });
  assert.throws(() => run(prepared, { env: { memory: above } }), /larger maximum size/);
});

test('tables cannot grow over the cap', () => {
  for (const declared of ['1', '1 4000000000', '1 3']) {
    const text = `(module (table ${declared} externref) (func (export "grow") (param i32) (result i32) (table.grow (ref.null extern) (local.get 0))))`;
    const guest = run(prepareModule(assemble(text), { ...DEFAULT_MODULE_LIMITS, maxTableEntries: 9 }));
    const cap = declared === '1 3' ? 3 : 9;
    assert.equal(call(guest, 'grow', cap), -1);
    assert.equal(call(guest, 'grow', cap - 1), 1);
    assert.equal(call(guest, 'grow', 1), -1);
  }
});

test('an instance with the largest tables there may be can be made, and none with more', () => {
  const { maxTableEntries, maxTotalTableEntries } = DEFAULT_MODULE_LIMITS;
  const tables = (count: number): Uint8Array =>
    assemble(`(module ${`(table ${maxTableEntries} funcref)`.repeat(count)})`);
  const most = maxTotalTableEntries / maxTableEntries;
  run(prepareModule(tables(most)));
  assert.throws(() => prepareModule(tables(most + 1)), { code: 'WASM_TABLE_TOO_LARGE' });
});

test('all tables together stay within their cap and share what there is', () => {
  const growing = '(func (export "grow") (result i32) (table.grow $b (ref.null extern) (i32.const 2)))';
  const text = `(module (table $a 2 3 externref) (table $b 1 9 externref) (table $c 1 externref) ${growing})`;
  const prepared = prepareModule(assemble(text), { ...DEFAULT_MODULE_LIMITS, maxTotalTableEntries: 10 });
  assert.deepEqual(
    prepared.tables.map(({ min, max }) => [min, max]),
    [
      [2, 3],
      [1, 3],
      [1, 4],
    ],
  );
  assert.equal(prepared.sizes.tableEntries, 10);
  const guest = run(prepared);
  assert.equal(call(guest, 'grow'), 1);
  assert.equal(call(guest, 'grow'), -1);
});

test('tables that nothing grows count as they are', () => {
  const prepared = prepareModule(assemble('(module (table 2 funcref) (table 3 7 externref))'));
  assert.equal(prepared.sizes.tableEntries, 5);
  assert.equal(prepareModule(assemble('(module)')).sizes.tableEntries, 0);
});

test('threads may share a flag memory', () => {
  const text = '(module (func (export "f")))';
  const guest = run(prepareModule(assemble(text), { ...DEFAULT_MODULE_LIMITS, flagOffset: 65_532 }));
  guest.flag[0] = 1;
  call(guest, 'f');
  assert.equal(guest.yields(), 0);
  guest.flag[65_532 / 4] = 1;
  call(guest, 'f');
  assert.equal(guest.yields(), 1);
  for (const flagOffset of [2, 65_536, -4, 0.5, Number.NaN]) {
    assert.throws(() => prepareModule(EMPTY_MODULE, { ...DEFAULT_MODULE_LIMITS, flagOffset }), RangeError);
  }
});

test('the input is not changed and custom sections are dropped', () => {
  const custom = section(0, name('.debug_line'), [1, 2, 3]);
  const bytes = moduleOf(custom, VOID_TYPE, ONE_FUNCTION, bodyOf(0x03, 0x40, 0x0b), custom);
  const before = bytes.slice();
  const prepared = prepareModule(bytes);
  assert.ok(equal(bytes, before));
  assert.ok(!Buffer.from(prepared.bytes).includes('debug_line'));
});

const i32s = (count: number): number[] => [...leb(count), ...times(count, [0x7f])];
const exports = (...names: string[]): Uint8Array =>
  section(7, names.length, ...names.flatMap((n) => [name(n), [0, 0]]));

const REFUSALS: readonly [WasmErrorCode, string, Uint8Array, Partial<ModuleLimits>?][] = [
  ['WASM_NOT_WASM', 'no bytes', new Uint8Array(0)],
  ['WASM_NOT_WASM', 'a text', utf8('#!/bin/sh')],
  ['WASM_UNSUPPORTED_VERSION', 'version 2', Uint8Array.of(0, 0x61, 0x73, 0x6d, 2, 0, 0, 0)],
  ['WASM_UNSUPPORTED_VERSION', 'a component', Uint8Array.of(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0)],
  ['WASM_TRUNCATED', 'half a preamble', Uint8Array.of(0, 0x61, 0x73, 0x6d, 1)],
  ['WASM_TRUNCATED', 'a section longer than the module', moduleOf(Uint8Array.of(1, 100, 0))],
  ['WASM_TRUNCATED', 'more types than bytes', moduleOf(section(1, 100))],
  ['WASM_MALFORMED_LEB', 'a 33-bit count', moduleOf(section(1, [0xff, 0xff, 0xff, 0xff, 0x1f]))],
  ['WASM_MALFORMED_LEB', 'a constant of six bytes', functionOf([0x41, 0x80, 0x80, 0x80, 0x80, 0x80, 0, 0x1a])],
  [
    'WASM_MALFORMED_NAME',
    'an export that is not UTF-8',
    moduleOf(VOID_TYPE, ONE_FUNCTION, section(7, 1, [1, 0xff, 0, 0]), bodyOf()),
  ],
  ['WASM_MALFORMED', 'a maximum below the minimum', moduleOf(section(5, 1, 1, 2, 1))],
  ['WASM_MALFORMED', 'a memory of more pages than there are', moduleOf(section(5, 1, 1, 0, leb(65_537)))],
  ['WASM_MALFORMED', 'an unknown limit flag', moduleOf(section(5, 1, 0x10, 0))],
  ['WASM_MALFORMED', 'functions without bodies', moduleOf(VOID_TYPE, ONE_FUNCTION)],
  ['WASM_MALFORMED', 'bodies without functions', moduleOf(VOID_TYPE, bodyOf())],
  ['WASM_MALFORMED', 'an unknown kind of import', moduleOf(section(2, 1, name('a'), name('b'), 5))],
  ['WASM_MALFORMED', 'an unknown kind of export', moduleOf(section(7, 1, name('a'), 5, 0))],
  ['WASM_MALFORMED', 'an unknown mutability', moduleOf(section(6, 1, 0x7f, 2, 0x41, 0, 0x0b))],
  ['WASM_MALFORMED', 'an unknown tag attribute', moduleOf(VOID_TYPE, section(13, 1, 1, 0))],
  ['WASM_MALFORMED', 'an unknown kind of element segment', moduleOf(section(9, 1, 8))],
  ['WASM_MALFORMED', 'an unknown kind of elements', moduleOf(section(9, 1, 1, 1, 0))],
  ['WASM_MALFORMED', 'an unknown kind of data segment', moduleOf(section(5, 1, 0, 1), section(11, 1, 3, 0))],
  ['WASM_MALFORMED', 'a table of numbers', moduleOf(section(4, 1, 0x7f, 0, 1))],
  ['WASM_MALFORMED', 'a delegate outside of a try', functionOf([0x18, 0])],
  ['WASM_MALFORMED', 'a negative type index', functionOf([0x02, 0x80, 0x40, 0x0b])],
  ['WASM_MALFORMED', 'an unknown catch clause', functionOf([0x1f, 0x40, 1, 4, 0, 0x0b])],
  [
    'WASM_MALFORMED',
    'a start function with parameters',
    moduleOf(section(1, 1, 0x60, 1, 0x7f, 0), ONE_FUNCTION, section(8, 0), bodyOf()),
  ],
  ['WASM_UNKNOWN_SECTION', 'section 15', moduleOf(section(15))],
  ['WASM_SECTION_ORDER', 'imports before types', moduleOf(section(2, 0), section(1, 0))],
  ['WASM_SECTION_ORDER', 'types twice', moduleOf(section(1, 0), section(1, 0))],
  ['WASM_SECTION_SIZE', 'a section with a byte too many', moduleOf(section(1, 0, 0))],
  [
    'WASM_SECTION_SIZE',
    'a body that goes on after its end',
    moduleOf(VOID_TYPE, ONE_FUNCTION, section(10, 1, 3, 0, 0x0b, 0x0b)),
  ],
  ['WASM_TRUNCATED', 'a body that does not end', moduleOf(VOID_TYPE, ONE_FUNCTION, section(10, 1, 2, 0, 0x01))],
  ['WASM_UNKNOWN_OPCODE', 'an unassigned opcode', functionOf(0x16)],
  ['WASM_UNKNOWN_OPCODE', 'an unassigned bulk opcode', functionOf([0xfc, 18])],
  ['WASM_UNKNOWN_OPCODE', 'an unassigned vector opcode', functionOf([0xfd, 0x9a, 1])],
  ['WASM_UNKNOWN_OPCODE', 'a call in a constant expression', moduleOf(section(6, 1, 0x7f, 0, 0x10, 0, 0x0b))],
  ['WASM_UNKNOWN_OPCODE', 'a vector sum in a constant expression', moduleOf(section(6, 1, 0x7b, 0, 0xfd, 0x6e, 0x0b))],
  ['WASM_UNSUPPORTED_FEATURE', 'two memories', moduleOf(section(5, 2, 0, 1, 0, 1))],
  [
    'WASM_UNSUPPORTED_FEATURE',
    'a memory imported and one defined',
    moduleOf(section(2, 1, name('a'), name('b'), 2, 0, 1), section(5, 1, 0, 1)),
  ],
  ['WASM_UNSUPPORTED_FEATURE', 'a shared memory', moduleOf(section(5, 1, 3, 1, 1))],
  ['WASM_UNSUPPORTED_FEATURE', 'a 64-bit memory', moduleOf(section(5, 1, 4, 1))],
  ['WASM_UNSUPPORTED_FEATURE', 'pages of another size', moduleOf(section(5, 1, 8, 1, 0))],
  ['WASM_UNSUPPORTED_FEATURE', 'a 64-bit table', moduleOf(section(4, 1, 0x70, 4, 1))],
  [
    'WASM_UNSUPPORTED_FEATURE',
    'a table with an initial value',
    moduleOf(section(4, 1, 0x40, 0, 0x70, 0, 1, 0xd0, 0x70, 0x0b)),
  ],
  ['WASM_UNSUPPORTED_FEATURE', 'a struct', moduleOf(section(1, 1, 0x5f, 0))],
  ['WASM_UNSUPPORTED_FEATURE', 'a recursion group', moduleOf(section(1, 1, 0x4e, 0))],
  ['WASM_UNSUPPORTED_FEATURE', 'a continuation type', moduleOf(section(1, 1, 0x5d, 0))],
  ['WASM_UNSUPPORTED_FEATURE', 'a typed reference', moduleOf(section(1, 1, 0x60, 1, 0x64, 0, 0))],
  ['WASM_UNSUPPORTED_FEATURE', 'a block of type anyref', functionOf([0x02, 0x6e, 0x00, 0x0b])],
  ['WASM_UNSUPPORTED_FEATURE', 'struct.new', functionOf([0xfb, 0, 0])],
  ['WASM_UNSUPPORTED_FEATURE', 'an atomic fence', functionOf([0xfe, 3, 0])],
  ['WASM_UNSUPPORTED_FEATURE', 'call_ref', functionOf([0x14, 0])],
  ['WASM_UNSUPPORTED_FEATURE', 'a string section', moduleOf(section(14, 0))],
  [
    'WASM_UNSUPPORTED_FEATURE',
    'a load from memory 1',
    moduleOf(VOID_TYPE, ONE_FUNCTION, section(5, 1, 0, 1), bodyOf([0x41, 0, 0x28, 0x42, 1, 0, 0x1a])),
  ],
  [
    'WASM_UNSUPPORTED_FEATURE',
    'a fill of memory 1',
    moduleOf(VOID_TYPE, ONE_FUNCTION, section(5, 1, 0, 1), bodyOf([0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 11, 1])),
  ],
  [
    'WASM_UNSUPPORTED_FEATURE',
    'data for memory 1',
    moduleOf(section(5, 1, 0, 1), section(11, 1, 2, 1, 0x41, 0, 0x0b, 0)),
  ],
  ['WASM_INDEX_OUT_OF_RANGE', 'a type that does not exist', moduleOf(VOID_TYPE, section(3, 1, 1), bodyOf())],
  ['WASM_INDEX_OUT_OF_RANGE', 'a block of the type added for yield', functionOf([0x02, 1, 0x0b])],
  ['WASM_INDEX_OUT_OF_RANGE', 'a call of a function that does not exist', functionOf([0x10, 1])],
  ['WASM_INDEX_OUT_OF_RANGE', 'an indirect call without a table', functionOf([0x41, 0, 0x11, 0, 0])],
  ['WASM_INDEX_OUT_OF_RANGE', 'a throw of a tag that does not exist', functionOf([0x08, 0])],
  ['WASM_INDEX_OUT_OF_RANGE', 'a branch out of the function', functionOf([0x0c, 1])],
  [
    'WASM_INDEX_OUT_OF_RANGE',
    'an export of a function that does not exist',
    moduleOf(VOID_TYPE, ONE_FUNCTION, section(7, 1, name('f'), 0, 1), bodyOf()),
  ],
  ['WASM_INDEX_OUT_OF_RANGE', 'an element that does not exist', moduleOf(section(9, 1, 1, 0, 1, 0))],
  ['WASM_INDEX_OUT_OF_RANGE', 'a start function that does not exist', moduleOf(section(8, 0))],
  ['WASM_INDEX_OUT_OF_RANGE', 'a store without a memory', functionOf([0x41, 0, 0x41, 0, 0x36, 2, 0])],
  ['WASM_INDEX_OUT_OF_RANGE', 'memory.grow without a memory', functionOf([0x41, 0, 0x40, 0, 0x1a])],
  ['WASM_INDEX_OUT_OF_RANGE', 'a vector store without a memory', functionOf([0xfd, 0x0b, 0, 0])],
  ['WASM_INDEX_OUT_OF_RANGE', 'a fill without a memory', functionOf([0xfc, 11, 0])],
  ['WASM_INDEX_OUT_OF_RANGE', 'data without a memory', moduleOf(section(11, 1, 0, 0x41, 0, 0x0b, 1, 1))],
  ['WASM_INDEX_OUT_OF_RANGE', 'an exported memory that is not there', moduleOf(section(7, 1, name('memory'), 2, 0))],
  [
    'WASM_RESERVED_NAME',
    'an import of yield',
    moduleOf(VOID_TYPE, section(2, 1, name('perigee'), name('yield'), 0, 0)),
  ],
  [
    'WASM_RESERVED_NAME',
    'an export with the name of the start function',
    moduleOf(VOID_TYPE, ONE_FUNCTION, exports('perigee.start'), bodyOf()),
  ],
  [
    'WASM_DUPLICATE_EXPORT',
    'two exports of one name',
    moduleOf(VOID_TYPE, ONE_FUNCTION, exports('f', 'g', 'f'), bodyOf()),
  ],
  ['WASM_MODULE_TOO_LARGE', 'a long module', EMPTY_MODULE, { maxModuleBytes: 7 }],
  [
    'WASM_REWRITTEN_TOO_LARGE',
    'a module that grows',
    functionOf(times(100, [0x03, 0x40, 0x0b])),
    { maxRewrittenBytes: 1000 },
  ],
  [
    'WASM_NAME_TOO_LONG',
    'a long name',
    moduleOf(VOID_TYPE, ONE_FUNCTION, exports('long'), bodyOf()),
    { maxNameBytes: 3 },
  ],
  ['WASM_TOO_MANY_TYPES', 'types', moduleOf(VOID_TYPE), { maxTypes: 0 }],
  ['WASM_TOO_MANY_PARAMETERS', 'parameters', moduleOf(section(1, 1, 0x60, i32s(129), 0))],
  ['WASM_TOO_MANY_PARAMETERS', 'results', moduleOf(section(1, 1, 0x60, 0, i32s(129)))],
  [
    'WASM_TOO_MANY_IMPORTS',
    'imports',
    moduleOf(VOID_TYPE, section(2, 1, name('a'), name('b'), 0, 0)),
    { maxImports: 0 },
  ],
  ['WASM_TOO_MANY_FUNCTIONS', 'functions', functionOf(), { maxFunctions: 0 }],
  [
    'WASM_TOO_MANY_FUNCTIONS',
    'an import too',
    moduleOf(VOID_TYPE, section(2, 1, name('a'), name('b'), 0, 0), ONE_FUNCTION, bodyOf()),
    { maxFunctions: 1 },
  ],
  ['WASM_TOO_MANY_TABLES', 'tables', moduleOf(section(4, 1, 0x70, 0, 1)), { maxTables: 0 }],
  [
    'WASM_TOO_MANY_TABLES',
    'an imported table too',
    moduleOf(section(2, 1, name('a'), name('b'), 1, 0x70, 0, 1), section(4, 1, 0x70, 0, 1)),
    { maxTables: 1 },
  ],
  ['WASM_TABLE_TOO_LARGE', 'ten million entries', moduleOf(section(4, 1, 0x70, 0, leb(10_000_000)))],
  ['WASM_MEMORY_TOO_LARGE', 'a gigabyte', moduleOf(section(5, 1, 0, leb(16_384)))],
  ['WASM_TOO_MANY_TAGS', 'tags', moduleOf(VOID_TYPE, section(13, 1, 0, 0)), { maxTags: 0 }],
  [
    'WASM_TOO_MANY_TAGS',
    'an imported tag too',
    moduleOf(VOID_TYPE, section(2, 1, name('a'), name('b'), 4, 0, 0), section(13, 1, 0, 0)),
    { maxTags: 1 },
  ],
  ['WASM_TOO_MANY_GLOBALS', 'globals', moduleOf(section(6, 1, 0x7f, 0, 0x41, 0, 0x0b)), { maxGlobals: 0 }],
  [
    'WASM_TOO_MANY_GLOBALS',
    'an imported global too',
    moduleOf(section(2, 1, name('a'), name('b'), 3, 0x7f, 0), section(6, 1, 0x7f, 0, 0x41, 0, 0x0b)),
    { maxGlobals: 1 },
  ],
  [
    'WASM_TOO_MANY_EXPORTS',
    'exports',
    moduleOf(VOID_TYPE, ONE_FUNCTION, exports('f', 'g'), bodyOf()),
    { maxExports: 1 },
  ],
  ['WASM_TOO_MANY_ELEMENT_SEGMENTS', 'segments', moduleOf(section(9, 1, 1, 0, 0)), { maxElementSegments: 0 }],
  [
    'WASM_TOO_MANY_ELEMENTS',
    'elements of all segments',
    moduleOf(section(9, 2, [5, 0x70, 1, 0xd0, 0x70, 0x0b], [5, 0x70, 2, 0xd0, 0x70, 0x0b, 0xd0, 0x70, 0x0b])),
    { maxElements: 2 },
  ],
  ['WASM_TOO_MANY_DATA_SEGMENTS', 'segments', moduleOf(section(11, 1, 1, 0)), { maxDataSegments: 0 }],
  ['WASM_TOO_MANY_LOCALS', 'locals', moduleOf(VOID_TYPE, ONE_FUNCTION, section(10, 1, 6, 1, leb(50_001), 0x7f, 0x0b))],
  [
    'WASM_TOO_MANY_LOCALS',
    'locals of several groups',
    moduleOf(
      VOID_TYPE,
      ONE_FUNCTION,
      section(10, 1, 14, 2, [0xff, 0xff, 0xff, 0xff, 0x0f], 0x7f, [0xff, 0xff, 0xff, 0xff, 0x0f], 0x7f, 0x0b),
    ),
  ],
  ['WASM_FUNCTION_TOO_LARGE', 'a long body', functionOf(times(100, [1])), { maxFunctionBytes: 100 }],
  ['WASM_NESTING_TOO_DEEP', 'blocks', functionOf(times(10_001, [0x02, 0x40]), times(10_001, [0x0b]))],
  [
    'WASM_NESTING_TOO_DEEP',
    'try_table blocks',
    functionOf([0x1f, 0x40, 0, 0x1f, 0x40, 0, 0x0b, 0x0b]),
    { maxBlockDepth: 1 },
  ],
  [
    'WASM_FUNCTION_TOO_COMPLEX',
    'many locals at many blocks',
    moduleOf(
      VOID_TYPE,
      ONE_FUNCTION,
      section(10, 1, leb(3005), [1, ...leb(10_000), 0x7f], times(1000, [0x02, 0x40, 0x0b]), 0x0b),
    ),
  ],
  [
    'WASM_MODULE_TOO_COMPLEX',
    'many such functions',
    moduleOf(
      VOID_TYPE,
      section(3, 2, 0, 0),
      section(10, 2, [5, 1, 100, 0x7f, 0x01, 0x0b], [5, 1, 100, 0x7f, 0x01, 0x0b]),
    ),
    { maxModuleEffort: 599 },
  ],
];

for (const [code, what, bytes, limits] of REFUSALS) {
  test(`${code}: ${what}`, () => {
    assert.equal(refusal(bytes, limits), code);
    assert.throws(
      () => prepareModule(bytes, { ...DEFAULT_MODULE_LIMITS, ...limits }),
      /at byte \d+$|longer than \d+ bytes$/,
    );
  });
}

test('a limit is inclusive', () => {
  const nested = (depth: number): Uint8Array => functionOf(times(depth, [0x02, 0x40]), times(depth, [0x0b]));
  assert.equal(refusal(nested(7), { maxBlockDepth: 7 }), undefined);
  assert.equal(refusal(nested(8), { maxBlockDepth: 7 }), 'WASM_NESTING_TOO_DEEP');
  assert.equal(refusal(moduleOf(section(5, 1, 0, 6)), { maxMemoryPages: 6 }), undefined);
  assert.equal(refusal(moduleOf(section(4, 1, 0x70, 0, 6)), { maxTableEntries: 6 }), undefined);
  assert.equal(refusal(moduleOf(section(1, 1, 0x60, i32s(128), i32s(128)))), undefined);
  assert.equal(refusal(EMPTY_MODULE, { maxModuleBytes: 8 }), undefined);
});
