import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assemble, engine, type Imports } from '../../../../test/support/wasm-engine.ts';
import { originalFunction, originalOffset } from './code-map.ts';
import { prepareModule } from '../prepare.ts';

interface Place {
  readonly index: number;
  readonly offset: number;
}

/** The frames of guest code of what `act` throws. */
function trapPlaces(act: () => unknown): Place[] {
  const { stackTraceLimit } = Error;
  const before: unknown = Reflect.get(Error, 'prepareStackTrace');
  let thrown: unknown;
  Error.stackTraceLimit = 50;
  try {
    act();
  } catch (error) {
    Error.prepareStackTrace = (_error, sites) => sites.map((site) => (site as { toString: () => string }).toString());
    thrown = (error as Error).stack;
  } finally {
    Reflect.set(Error, 'prepareStackTrace', before);
    Error.stackTraceLimit = stackTraceLimit;
  }
  assert.ok(Array.isArray(thrown), 'something was thrown');
  return (thrown as string[]).flatMap((site) => {
    const [, index, offset] = /wasm-function\[(\d+)\]:0x([0-9a-f]+)\)?$/.exec(site) ?? [];
    return index === undefined ? [] : [{ index: Number(index), offset: Number.parseInt(String(offset), 16) }];
  });
}

function start(bytes: Uint8Array, imports: Imports): (place: number) => unknown {
  return new engine.Instance(new engine.Module(bytes), imports).exports['run'] as never;
}

// Enough functions that the index of the last ones takes another byte after they have moved up, loops and bulk operations for
// checks, and a trap behind each of them.
const COUNT = 260;
const TEXT = `(module
  (import "env" "f" (func $f)) (memory 1)
  (func (export "run") (param i32) (call $f) (call $g0 (local.get 0)))
  ${Array.from(
    { length: COUNT },
    (_, i) => `(func $g${i} (param i32) (local i64 f32)
      (local.set 1 (i64.const ${i}))
      (loop $again (br_if $again (i32.const 0)))
      (if (i32.eq (local.get 0) (i32.const ${i})) (then (unreachable)))
      (memory.fill (i32.const 0) (i32.const 1) (i32.const 9))
      (if (i32.eq (local.get 0) (i32.const ${i + 1000})) (then (drop (i32.load (i32.const -4)))))
      (loop (memory.copy (i32.const 0) (i32.const 1)
        (select (i32.const -1) (i32.const 1) (i32.eq (local.get 0) (i32.const ${i + 2000})))))
      ${i === COUNT - 1 ? '' : `(call $g${i + 1} (local.get 0))`})`,
  ).join('\n')})`;

test('every frame of a trap leads to the same function and instruction as without rewriting', () => {
  const original = assemble(TEXT);
  const prepared = prepareModule(original);
  const { minPages: initial, maxPages: maximum } = prepared.memory;
  const perigee = {
    yield: () => {},
    memory: new engine.Memory({ initial, maximum }),
    flag: new engine.Memory({ initial: 1, maximum: 1, shared: true }),
  };
  const before = start(original, { env: { f: () => {} } });
  const after = start(prepared.bytes, { env: { f: () => {} }, perigee });
  for (const place of [0, 1, 62, 125, 126, 127, 128, 129, COUNT - 1].flatMap((i) => [i, 1000 + i, 2000 + i])) {
    const expected = trapPlaces(() => before(place));
    const found = trapPlaces(() => after(place)).map(({ index, offset }) => ({
      index: originalFunction(prepared.codeMap, index),
      offset: originalOffset(prepared.codeMap, offset),
    }));
    assert.ok(expected.length > 1);
    assert.deepEqual(found, expected, `the trap ${place}`);
  }
});

test('each piece is what stands in the original, and what was put in belongs to the instruction behind it', () => {
  const original = assemble(TEXT);
  const { bytes, codeMap } = prepareModule(original);
  const { rewritten, original: from } = codeMap;
  assert.ok(rewritten.length > COUNT * 4);
  for (let i = 0; i < rewritten.length; i++) {
    const at = rewritten[i] as number;
    assert.equal(bytes[at], original[from[i] as number]);
    assert.equal(originalOffset(codeMap, at), from[i]);
    if (i > 0) {
      assert.ok(at > (rewritten[i - 1] as number), 'pieces ascend');
      assert.ok((originalOffset(codeMap, at - 1) as number) <= (from[i] as number));
    }
  }
});

test('places that the original does not have lead nowhere', () => {
  const { codeMap } = prepareModule(assemble('(module (import "env" "f" (func)) (func (nop)))'));
  assert.deepEqual(
    [0, 1, 2].map((index) => originalFunction(codeMap, index)),
    [0, undefined, 1],
  );
  assert.equal(originalOffset(codeMap, 0), undefined);
  assert.equal(originalOffset(codeMap, 8), undefined);
  const { codeMap: empty } = prepareModule(assemble('(module)'));
  assert.equal(originalOffset(empty, 1000), undefined);
});

test('a module in too many pieces is not mapped, and otherwise the same', () => {
  // 1.2 million loops in functions that are small enough each; no memory, so a check is short.
  const body = Uint8Array.of(0, ...Array.from({ length: 6000 }, () => [0x03, 0x40, 0x0b]).flat(), 0x0b);
  const leb = (value: number): number[] => (value < 128 ? [value] : [(value & 127) | 128, ...leb(value >>> 7)]);
  const functions = 200;
  const code = new Uint8Array(functions * (body.length + leb(body.length).length));
  for (let i = 0, at = 0; i < functions; i++) {
    code.set(leb(body.length), at);
    code.set(body, at + leb(body.length).length);
    at += body.length + leb(body.length).length;
  }
  const count = leb(functions);
  const types = [1, 4, 1, 0x60, 0, 0];
  const section = [3, ...leb(functions + count.length), ...count, ...Array.from({ length: functions }, () => 0)];
  const head = [10, ...leb(code.length + count.length), ...count];
  const module = new Uint8Array(8 + types.length + section.length + head.length + code.length);
  module.set([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...types, ...section, ...head]);
  module.set(code, module.length - code.length);
  const prepared = prepareModule(module);
  assert.equal(prepared.sizes.checks, functions * 6001);
  assert.equal(prepared.codeMap.rewritten.length, 0);
  assert.equal(originalOffset(prepared.codeMap, 5000), undefined);
  assert.equal(originalFunction(prepared.codeMap, 7), 6);
});
