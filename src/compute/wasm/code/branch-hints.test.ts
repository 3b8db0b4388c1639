import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { byteFlips, truncations } from '../../../../test/support/hostile.ts';
import { assemble, engine, leb, moduleOf, name, section, times } from '../../../../test/support/wasm-engine.ts';
import { concat, equal } from '../../../kernel/index.ts';
import { BranchHintRecorder } from './branch-hints.ts';
import { ByteWriter } from '../format/index.ts';
import { prepareModule } from '../prepare.ts';

// Hints are read back by a decoder of this file, which knows nothing of the rewriting, and by another toolchain.

const TITLE = 'metadata.code.branch_hint';

interface Hint {
  readonly function: number;
  /** Where in the module the opcode of the branch is. */
  readonly at: number;
  readonly value: number;
}

/** A walk over bytes that are taken for well-formed. */
class Walk {
  readonly bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.bytes = bytes;
    this.at = at;
  }

  number(): number {
    let value = 0;
    for (let weight = 1; ; weight *= 128) {
      const byte = this.bytes[this.at++] ?? assert.fail('the module ends within a number');
      value += (byte & 0x7f) * weight;
      if (byte < 0x80) return value;
    }
  }
}

/** Contents of the sections in their order; of custom ones with the title. */
function sectionsOf(bytes: Uint8Array): { id: number; title: string; start: number; end: number }[] {
  const walk = new Walk(bytes, 8);
  const sections: { id: number; title: string; start: number; end: number }[] = [];
  while (walk.at < bytes.length) {
    const id = walk.number();
    const size = walk.number();
    const end = walk.at + size;
    let title = '';
    if (id === 0) {
      const length = walk.number();
      title = Buffer.from(bytes.subarray(walk.at, walk.at + length)).toString();
      walk.at += length;
    }
    sections.push({ id, title, start: walk.at, end });
    walk.at = end;
  }
  return sections;
}

/** All hints of a module whose first body is function `first`. */
function hintsOf(bytes: Uint8Array, first: number): Hint[] {
  const sections = sectionsOf(bytes);
  const [own, ...others] = sections.filter(({ title }) => title === TITLE);
  if (own === undefined) return [];
  assert.equal(others.length, 0);
  const code = sections.findIndex(({ id }) => id === 10);
  assert.equal(sections[code - 1], own, 'the hints stand right before the code');
  const bodies = new Walk(bytes, sections[code]!.start);
  const starts = Array.from({ length: bodies.number() }, () => {
    const size = bodies.number();
    bodies.at += size;
    return bodies.at - size;
  });
  const walk = new Walk(bytes, own.start);
  const hints: Hint[] = [];
  for (let functions = walk.number(); functions > 0; functions--) {
    const index = walk.number();
    for (let count = walk.number(); count > 0; count--) {
      const at = starts[index - first]! + walk.number();
      assert.equal(walk.number(), 1);
      hints.push({ function: index, at, value: walk.number() });
    }
  }
  assert.equal(walk.at, own.end);
  return hints;
}

/** Asserts that each flag check, and nothing else, is marked as unlikely. */
function assertChecksAreHinted(original: Uint8Array): void {
  const { bytes, imports, memory, sizes } = prepareModule(original);
  const yieldIndex = imports.filter(({ kind }) => kind === 'function').length;
  const load = memory.source === 'none' ? [0x28, 2, 0] : [0x28, 0x42, 1, 0];
  const check = [0x41, 0, ...load, 0x04, 0x40, 0x10, ...leb(yieldIndex), 0x0b];
  const hints = hintsOf(bytes, yieldIndex + 1);
  for (const { at, value } of hints) {
    assert.equal(value, 0);
    const start = at - 2 - load.length;
    assert.deepEqual([...bytes.subarray(start, start + check.length)], check);
  }
  assert.equal(new Set(hints.map(({ at }) => at)).size, sizes.checks);
  assert.equal(hints.length, sizes.checks);
}

test('every flag check is marked as unlikely, and nothing else', () => {
  assertChecksAreHinted(moduleOf());
  assertChecksAreHinted(Uint8Array.from(readFileSync(path.join(import.meta.dirname, '../testdata/program.wasm'))));
  // Indices, sizes and offsets of two and three bytes.
  const imports = '(import "env" "f" (func))'.repeat(200);
  assertChecksAreHinted(
    assemble(`(module ${imports} (memory 1) (func) (func (local i64 f32 i64)
      ${'(loop (if (i32.const 1) (then (loop (br_if 0 (i32.const 0)) (br_if 1 (i32.const 0))))))'.repeat(1500)}
      (memory.fill (i32.const 0) (i32.const 0) (i32.const 0))) ${'(func (loop (call 3)))'.repeat(200)})`),
  );
});

test('any code: every flag check is marked as unlikely, and nothing else', () => {
  const unit = fc.constantFrom(
    [0x03, 0x40, 0x0b],
    [0x03, 0x40, 0x41, 0, 0x0d, 0, 0x0b],
    [0x41, 0, 0x04, 0x40, 0x10, 0, 0x05, 0x03, 0x40, 0x0b, 0x0b],
    [0x02, 0x40, 0x41, 1, 0x0d, 0, 0x10, 1, 0x0b],
    [0x41, 0, 0x40, 0, 0x1a],
    [0x41, ...leb(1000), 0x28, 2, 4, 0x1a],
  );
  const body = fc.array(unit, { maxLength: 60 }).map((units) => [0, ...units.flat(), 0x0b]);
  fc.assert(
    fc.property(body, body, (one, other) => {
      const code = [2, ...leb(one.length), ...one, ...leb(other.length), ...other];
      const bytes = moduleOf(section(1, 1, 0x60, 0, 0), section(3, 2, 0, 0), section(5, 1, 0, 1), section(10, code));
      assert.ok(engine.validate(prepareModule(bytes).bytes));
      assertChecksAreHinted(bytes);
    }),
    { numRuns: 200 },
  );
});

// Functions whose branches are told apart by the number before them; all but those with an odd number have a hint.
const HINTED = `(module (import "env" "f" (func (param i32))) (memory 1)
  (func (i32.const 0) (@metadata.code.branch_hint "\\00") if (i32.const 1) if end
    (loop (i32.const 2) (@metadata.code.branch_hint "\\01") br_if 0 (call 0 (i32.const 100)) (i32.const 3) br_if 0) end)
  (func (call 1))
  (func (local i64) (loop (call 1)
    (memory.fill (i32.const 9) (i32.const 9) (i32.const 9))
    (i32.const 4) (@metadata.code.branch_hint "\\01") if (i32.const 6) (@metadata.code.branch_hint "\\00") br_if 1 end)))`;

interface Assembler {
  readonly parseWat: (
    name: string,
    text: string,
    features: object,
  ) => { readonly toBinary: (options: object) => { readonly buffer: Uint8Array } };
}

const assembler = await (createRequire(import.meta.url)('wabt') as () => Promise<Assembler>)();

function hinted(): Uint8Array {
  return Uint8Array.from(
    assembler.parseWat('hinted.wat', HINTED, { annotations: true, code_metadata: true }).toBinary({}).buffer,
  );
}

/** What another toolchain, which reads hints, shows of them: the branch, its condition, the value. */
async function hintsInText(bytes: Uint8Array): Promise<string[]> {
  const directory = mkdtempSync(path.join(tmpdir(), 'perigee-hints-'));
  try {
    const file = path.join(directory, 'module.wasm');
    writeFileSync(file, bytes);
    const assemblyScript = createRequire(import.meta.url).resolve('assemblyscript/package.json');
    const wasmOpt = path.join(path.dirname(assemblyScript), '../.bin/wasm-opt');
    const options = [wasmOpt, '--all-features', '-S', file, '-o', '-'];
    const { stdout } = await promisify(execFile)(process.execPath, options);
    const pattern = /branch_hint "\\(\d\d)"\)\s*\((if|br_if \S+)\s*\((i32\.const \d+|i32\.load)/g;
    return [...stdout.matchAll(pattern)].map(([, value, branch, condition]) => `${branch} ${condition} ${value}`);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

test('hints of the guest stay with its branches, and another toolchain finds them and those of the checks', async () => {
  const given = [
    'if i32.const 0 00',
    'br_if $label i32.const 2 01',
    'if i32.const 4 01',
    'br_if $label i32.const 6 00',
  ];
  assert.deepEqual(await hintsInText(hinted()), given);
  const check = 'if i32.load 00';
  const [one, two, three, four] = given;
  assert.deepEqual(
    await hintsInText(prepareModule(hinted()).bytes),
    // Two functions with a loop, one without, and a fill before the third branch.
    [check, one, check, two, check, check, check, check, three, four],
  );
});

/** The module with other hints: `contents` of the section, put before its code. */
function withHints(contents: Iterable<number>): Uint8Array {
  const bytes = hinted();
  const own = sectionsOf(bytes).filter(({ title }) => title !== TITLE);
  const parts = own.flatMap(({ id, start, end }) => {
    const plain = section(id, bytes.subarray(start, end));
    return id === 10 ? [section(0, name(TITLE), [...contents]), plain] : [plain];
  });
  return moduleOf(...parts);
}

test('hints for what is no branch, or no function of the guest, are dropped', () => {
  const none = prepareModule(withHints([0])).bytes;
  for (const [title, contents] of Object.entries({
    'the count of locals': [1, 1, 1, 0, 1, 0],
    'the immediate of the first if': [1, 1, 1, 4, 1, 1],
    'an imported function': [1, 0, 1, 3, 1, 0],
    'a function that does not exist': [1, 9, 1, 3, 1, 0],
    'a place behind the body': [1, 1, 1, ...leb(2 ** 32 - 1), 1, 0],
    'no hint': [1, 1, 0],
  })) {
    assert.ok(equal(prepareModule(withHints(contents)).bytes, none), title);
  }
  assert.ok(!equal(prepareModule(withHints([1, 1, 1, 3, 1, 0])).bytes, none), 'the first if');
});

test('a malformed section of hints counts as none', () => {
  const none = prepareModule(withHints([0])).bytes;
  for (const [title, contents] of Object.entries({
    nothing: [],
    'more functions than there are': [2, 1, 1, 3, 1, 0],
    'a thousand million functions': leb(1_000_000_000),
    'a thousand million hints': [1, 1, ...leb(1_000_000_000), 3, 1, 0],
    'bytes left over': [1, 1, 1, 3, 1, 0, 0],
    'functions out of order': [2, 3, 0, 1, 1, 3, 1, 0],
    'a function twice': [2, 1, 1, 3, 1, 0, 1, 0],
    'places out of order': [1, 1, 2, 7, 1, 0, 3, 1, 0],
    'a place twice': [1, 1, 2, 3, 1, 0, 3, 1, 1],
    'a hint of two bytes': [1, 1, 1, 3, 2, 0, 0],
    'a hint of no bytes': [1, 1, 1, 3, 0],
    'a value that means nothing': [1, 1, 1, 3, 1, 2],
    'a number that is too long': [1, 1, 1, 0x83, 0x80, 0x80, 0x80, 0x80, 0, 1, 0],
  })) {
    assert.ok(equal(prepareModule(withHints(contents)).bytes, none), title);
  }
});

test('whatever the hints are, the rewritten module is the same but for them', () => {
  const [own] = sectionsOf(hinted()).filter(({ title }) => title === TITLE);
  const contents = hinted().subarray(own!.start, own!.end);
  const code = (bytes: Uint8Array): Uint8Array => {
    const [found] = sectionsOf(bytes).filter(({ id }) => id === 10);
    return bytes.subarray(found!.start, found!.end);
  };
  const expected = prepareModule(hinted());
  const assertHarmless = (changed: Uint8Array): void => {
    const { bytes, sizes } = prepareModule(withHints(changed));
    assert.ok(equal(code(bytes), code(expected.bytes)));
    assert.ok(engine.validate(bytes));
    const hints = hintsOf(bytes, 2);
    assert.ok(hints.length >= sizes.checks && hints.length <= sizes.checks + 6);
    for (const { at } of hints) assert.ok(bytes[at] === 0x04 || bytes[at] === 0x0d);
  };
  assertHarmless(contents);
  for (const changed of [...truncations(contents), ...byteFlips(contents)]) assertHarmless(changed);
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), assertHarmless), { numRuns: 300 });
});

test('only the first section of hints counts', () => {
  const bytes = hinted();
  const second = section(0, name(TITLE), [1, 1, 1, 3, 1, 1]);
  assert.ok(equal(prepareModule(concat(bytes, second)).bytes, prepareModule(bytes).bytes));
});

test('a module of a great many branches has a million hints', () => {
  const recorder = new BranchHintRecorder(1 << 24);
  for (let offset = 0; offset < 1_000_010; offset++) recorder.note(offset, 0);
  recorder.place(5);
  recorder.note(1, 0);
  recorder.place(6);
  const output = new ByteWriter(1 << 24, 64);
  recorder.writeTo(output, new ByteWriter(1 << 24, 64));
  const walk = new Walk(output.finish(), 1);
  walk.number();
  walk.at += 1 + TITLE.length;
  assert.deepEqual([walk.number(), walk.number(), walk.number()], [1, 5, 1_000_000]);
});

test('hints count towards the length of the rewritten module', () => {
  const recorder = new BranchHintRecorder(100);
  assert.throws(
    () => {
      for (const offset of times(100, [1]).keys()) recorder.note(offset, 0);
    },
    { code: 'WASM_REWRITTEN_TOO_LARGE' },
  );
});
