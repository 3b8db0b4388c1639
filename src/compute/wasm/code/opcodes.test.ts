import assert from 'node:assert/strict';
import { test } from 'node:test';
import { engine, leb, moduleOf, section, times } from '../../../../test/support/wasm-engine.ts';
import * as op from './opcodes.ts';

// The tables are compared with the engine, instruction by instruction: does it exist, how long is it, what does it do to the stack?

const I32 = 0x7f;
const V128 = 0x7b;
const FUNCREF = 0x70;
const EXTERNREF = 0x6f;
const SCALARS = [I32, 0x7e, 0x7d, 0x7c];

/** A value of each type. */
const VALUES = new Map<number, number[]>([
  [I32, [0x41, 0]],
  [0x7e, [0x42, 0]],
  [0x7d, [0x43, 0, 0, 0, 0]],
  [0x7c, [0x44, 0, 0, 0, 0, 0, 0, 0, 0]],
  [V128, [0xfd, 0x0c, ...times(16, [0])]],
  [FUNCREF, [0xd0, FUNCREF]],
  [EXTERNREF, [0xd0, EXTERNREF]],
]);

/** Immediates by kind; those of control instructions, calls and typed ones are not compared here. */
const IMMEDIATES = new Map<number, number[]>([
  [op.PLAIN, []],
  [op.INDEX, [0]],
  [op.TABLE_SET, [0]],
  [op.SEGMENT_DROP, [0]],
  [op.ACCESS, [0, 0]],
  [op.ACCESS_LANE, [0, 0, 0]],
  [op.LANE, [0]],
  [op.CONST_32, [0]],
  [op.CONST_64, [0]],
  [op.BYTES_4, [0, 0, 0, 0]],
  [op.BYTES_8, times(8, [0])],
  [op.BYTES_16, times(16, [0])],
  [op.MEMORY_SIZE, [0]],
  [op.MEMORY_GROW, [0]],
  [op.MEMORY_FILL, [0]],
  [op.MEMORY_COPY, [0, 0]],
  [op.MEMORY_INIT, [0, 0]],
  [op.TABLE_BULK, [0]],
  [op.TABLE_BULK_PAIR, [0, 0]],
]);

/** A module with one of everything whose second function has local 0 of type `type` and the given instructions. */
function isValid(code: readonly number[], type = I32): boolean {
  const body = [1, 1, type, ...code, 0x0b];
  return engine.validate(
    moduleOf(
      section(1, 1, 0x60, 0, 0),
      section(3, 2, 0, 0),
      section(4, 1, FUNCREF, 0, 1),
      section(5, 1, 0, 1),
      section(6, 1, type, 1, VALUES.get(type)!, 0x0b),
      section(9, 1, 1, 0, 1, 0),
      section(12, 1),
      section(10, 2, 2, 0, 0x0b, leb(body.length), body),
      section(11, 1, 1, 1, 0),
    ),
  );
}

/** Whether the engine has an instruction of this encoding: after `unreachable` operands come from nowhere. */
function exists(code: readonly number[]): boolean {
  return [...VALUES.keys()].some((type) => isValid([0x00, ...code, 0x00], type));
}

/** By how much the engine changes the height of the stack, found by trying operands of all types. */
function effectOf(code: readonly number[], operandTypes: readonly number[]): number {
  for (let operands = 0; operands <= 3; operands++) {
    for (let choice = 0; choice < operandTypes.length ** operands; choice++) {
      const types = Array.from(
        { length: operands },
        (_, i) => operandTypes[Math.floor(choice / operandTypes.length ** i) % operandTypes.length]!,
      );
      for (const local of operandTypes) {
        const before = types.flatMap((type) => VALUES.get(type)!);
        for (const results of [0, 1]) {
          if (isValid([...before, ...code, ...times(results, [0x1a])], local)) return results - operands;
        }
        if (operands > 1) break; // Only instructions of few operands depend on the type of the local.
      }
    }
  }
  return assert.fail(`no operands found for ${code.join(' ')}`);
}

/** call_ref, return_call_ref, ref.eq and those that test for null. */
const TYPED_REFERENCES = new Set([0x14, 0x15, 0xd3, 0xd4, 0xd5, 0xd6]);

const PREFIXED = [
  { prefix: 0xfc, table: op.MISC_OPCODES, count: 0x40, types: [I32, 0x7d, 0x7c, FUNCREF] },
  { prefix: 0xfd, table: op.SIMD_OPCODES, count: 0x180, types: [V128, ...SCALARS] },
];

test('one-byte instructions without types are those of the engine', () => {
  for (let opcode = 0; opcode < 0x100; opcode++) {
    const kind = op.OPCODES.kinds[opcode]!;
    const immediates = IMMEDIATES.get(kind);
    if (immediates !== undefined) {
      assert.ok(exists([opcode, ...immediates]), `0x${opcode.toString(16)} exists`);
    } else if (kind === op.UNKNOWN && (opcode < 0xfb || opcode > 0xfe)) {
      // What is refused is either unknown to the engine, or belongs to typed references and ref.eq.
      const known = [[], [0], [0, 0]].some((rest) => exists([opcode, ...rest]));
      assert.ok(!known || TYPED_REFERENCES.has(opcode), `0x${opcode.toString(16)} does not exist`);
    }
  }
});

for (const { prefix, table, count } of PREFIXED) {
  test(`instructions after 0x${prefix.toString(16)} are those of the engine`, () => {
    for (let opcode = 0; opcode < count; opcode++) {
      const kind = table.kinds[opcode] ?? op.UNKNOWN;
      const encoded = [prefix, ...leb(opcode)];
      const immediates = IMMEDIATES.get(kind);
      const shown = `0x${prefix.toString(16)} ${opcode}`;
      if (immediates === undefined) {
        const tried = [[], [0], [0, 0], [0, 0, 0], times(16, [0])];
        assert.ok(!tried.some((rest) => exists([...encoded, ...rest])), `${shown} does not exist`);
      } else {
        assert.ok(exists([...encoded, ...immediates]), `${shown} exists`);
      }
    }
  });
}

test('effects on the stack are those of the engine', () => {
  const reference = new Set([0xd1, 0x25, 0x26]);
  for (let opcode = 0; opcode < 0x100; opcode++) {
    const immediates = IMMEDIATES.get(op.OPCODES.kinds[opcode]!);
    if (immediates === undefined) continue;
    const types = reference.has(opcode) ? [I32, FUNCREF] : SCALARS;
    const found = effectOf([opcode, ...immediates], types);
    assert.equal(op.OPCODES.effects[opcode], found, `0x${opcode.toString(16)}`);
  }
  for (const { prefix, table, types } of PREFIXED) {
    for (let opcode = 0; opcode < table.kinds.length; opcode++) {
      const immediates = IMMEDIATES.get(table.kinds[opcode]!);
      if (immediates === undefined) continue;
      const found = effectOf([prefix, ...leb(opcode), ...immediates], types);
      assert.equal(table.effects[opcode], found, `0x${prefix.toString(16)} ${opcode}`);
    }
  }
});
