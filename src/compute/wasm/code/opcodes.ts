/**
 * Every instruction that is accepted: what follows its opcode, and by how much it changes the height of the operand stack.
 * An opcode that is not in these tables is refused. `opcodes.test.ts` compares each row with what the engine accepts.
 */

/** What the walker has to do with an instruction. */
export const UNKNOWN = 0;
export const PLAIN = 1;
export const TERMINATOR = 2;
export const BLOCK = 3;
export const LOOP = 4;
export const IF = 5;
export const ELSE = 6;
export const CATCH = 7;
export const CATCH_ALL = 8;
export const THROW = 9;
export const RETHROW = 10;
export const END = 11;
export const DELEGATE = 12;
export const TRY_TABLE = 13;
export const BRANCH = 14;
export const BRANCH_IF = 15;
export const BRANCH_TABLE = 16;
export const CALL = 17;
export const RETURN_CALL = 18;
export const CALL_INDIRECT = 19;
export const RETURN_CALL_INDIRECT = 20;
export const REF_FUNC = 21;
export const REF_NULL = 22;
export const SELECT_TYPED = 23;
/** One index that is not changed: local, global, table. */
export const INDEX = 24;
/** Alignment and offset of a memory access. */
export const ACCESS = 25;
export const ACCESS_LANE = 26;
export const LANE = 27;
export const CONST_32 = 28;
export const CONST_64 = 29;
export const BYTES_4 = 30;
export const BYTES_8 = 31;
export const BYTES_16 = 32;
export const MEMORY_SIZE = 33;
/** The rest may take long or be repeated without a loop: the flag is checked before each. */
export const MEMORY_GROW = 34;
export const MEMORY_FILL = 35;
export const MEMORY_COPY = 36;
export const MEMORY_INIT = 37;
export const TABLE_BULK = 38;
export const TABLE_BULK_PAIR = 39;
/** The opcode goes on with a LEB128 number. */
export const PREFIX_MISC = 40;
export const PREFIX_SIMD = 41;
/** Changes an entry of a table. */
export const TABLE_SET = 42;
/** Drops a segment. */
export const SEGMENT_DROP = 43;

/** Instructions of one code space, both arrays indexed by opcode. */
export interface OpcodeTable {
  readonly kinds: Uint8Array;
  readonly effects: Int8Array;
}

type Row = readonly [first: number, last: number, kind: number, effect: number];

function table(size: number, rows: readonly Row[]): OpcodeTable {
  const kinds = new Uint8Array(size);
  const effects = new Int8Array(size);
  for (const [first, last, kind, effect] of rows) {
    kinds.fill(kind, first, last + 1);
    effects.fill(effect, first, last + 1);
  }
  return { kinds, effects };
}

/** Opcodes of one byte. Effects of control instructions and calls depend on types; the walker works them out. */
export const OPCODES: OpcodeTable = table(0x100, [
  [0x00, 0x00, TERMINATOR, 0], // unreachable
  [0x01, 0x01, PLAIN, 0], // nop
  [0x02, 0x02, BLOCK, 0],
  [0x03, 0x03, LOOP, 0],
  [0x04, 0x04, IF, 0],
  [0x05, 0x05, ELSE, 0],
  [0x06, 0x06, BLOCK, 0], // try
  [0x07, 0x07, CATCH, 0],
  [0x08, 0x08, THROW, 0],
  [0x09, 0x09, RETHROW, 0],
  [0x0a, 0x0a, TERMINATOR, 0], // throw_ref
  [0x0b, 0x0b, END, 0],
  [0x0c, 0x0c, BRANCH, 0],
  [0x0d, 0x0d, BRANCH_IF, -1],
  [0x0e, 0x0e, BRANCH_TABLE, -1],
  [0x0f, 0x0f, TERMINATOR, 0], // return
  [0x10, 0x10, CALL, 0],
  [0x11, 0x11, CALL_INDIRECT, -1],
  [0x12, 0x12, RETURN_CALL, 0],
  [0x13, 0x13, RETURN_CALL_INDIRECT, -1],
  [0x18, 0x18, DELEGATE, 0],
  [0x19, 0x19, CATCH_ALL, 0],
  [0x1a, 0x1a, PLAIN, -1], // drop
  [0x1b, 0x1b, PLAIN, -2], // select
  [0x1c, 0x1c, SELECT_TYPED, -2],
  [0x1f, 0x1f, TRY_TABLE, 0],
  [0x20, 0x20, INDEX, 1], // local.get
  [0x21, 0x21, INDEX, -1], // local.set
  [0x22, 0x22, INDEX, 0], // local.tee
  [0x23, 0x23, INDEX, 1], // global.get
  [0x24, 0x24, INDEX, -1], // global.set
  [0x25, 0x25, INDEX, 0], // table.get
  [0x26, 0x26, TABLE_SET, -2],
  [0x28, 0x35, ACCESS, 0], // loads
  [0x36, 0x3e, ACCESS, -2], // stores
  [0x3f, 0x3f, MEMORY_SIZE, 1],
  [0x40, 0x40, MEMORY_GROW, 0],
  [0x41, 0x41, CONST_32, 1],
  [0x42, 0x42, CONST_64, 1],
  [0x43, 0x43, BYTES_4, 1],
  [0x44, 0x44, BYTES_8, 1],
  [0x45, 0x45, PLAIN, 0], // i32.eqz
  [0x46, 0x4f, PLAIN, -1],
  [0x50, 0x50, PLAIN, 0], // i64.eqz
  [0x51, 0x66, PLAIN, -1], // comparisons
  [0x67, 0x69, PLAIN, 0],
  [0x6a, 0x78, PLAIN, -1], // i32 arithmetic
  [0x79, 0x7b, PLAIN, 0],
  [0x7c, 0x8a, PLAIN, -1], // i64 arithmetic
  [0x8b, 0x91, PLAIN, 0],
  [0x92, 0x98, PLAIN, -1], // f32 arithmetic
  [0x99, 0x9f, PLAIN, 0],
  [0xa0, 0xa6, PLAIN, -1], // f64 arithmetic
  [0xa7, 0xc4, PLAIN, 0], // conversions, sign extension
  [0xd0, 0xd0, REF_NULL, 1],
  [0xd1, 0xd1, PLAIN, 0], // ref.is_null
  [0xd2, 0xd2, REF_FUNC, 1],
  [0xfc, 0xfc, PREFIX_MISC, 0],
  [0xfd, 0xfd, PREFIX_SIMD, 0],
]);

/** The opcode of `table.grow` after the byte 0xfc. */
export const TABLE_GROW = 15;

/** Opcodes after the byte 0xfc. */
export const MISC_OPCODES: OpcodeTable = table(18, [
  [0, 7, PLAIN, 0], // saturating float to integer
  [8, 8, MEMORY_INIT, -3],
  [9, 9, SEGMENT_DROP, 0], // data.drop
  [10, 10, MEMORY_COPY, -3],
  [11, 11, MEMORY_FILL, -3],
  [12, 12, TABLE_BULK_PAIR, -3], // table.init
  [13, 13, SEGMENT_DROP, 0], // elem.drop
  [14, 14, TABLE_BULK_PAIR, -3], // table.copy
  [TABLE_GROW, TABLE_GROW, TABLE_BULK, -1], // table.grow
  [16, 16, INDEX, 1], // table.size
  [17, 17, TABLE_BULK, -3], // table.fill
]);

/** Opcodes after the byte 0xfd, the relaxed ones from 0x100. */
export const SIMD_OPCODES: OpcodeTable = table(0x114, [
  [0x00, 0x0a, ACCESS, 0], // v128 loads
  [0x0b, 0x0b, ACCESS, -2], // v128.store
  [0x0c, 0x0c, BYTES_16, 1], // v128.const
  [0x0d, 0x0d, BYTES_16, -1], // i8x16.shuffle
  [0x0e, 0x0e, PLAIN, -1], // i8x16.swizzle
  [0x0f, 0x14, PLAIN, 0], // splats
  [0x15, 0x22, LANE, 0], // extract_lane, and replace_lane:
  ...[0x17, 0x1a, 0x1c, 0x1e, 0x20, 0x22].map((opcode): Row => [opcode, opcode, LANE, -1]),
  [0x23, 0x4c, PLAIN, -1], // comparisons
  [0x4d, 0x4d, PLAIN, 0], // v128.not
  [0x4e, 0x51, PLAIN, -1],
  [0x52, 0x52, PLAIN, -2], // v128.bitselect
  [0x53, 0x53, PLAIN, 0], // v128.any_true
  [0x54, 0x57, ACCESS_LANE, -1], // load_lane
  [0x58, 0x5b, ACCESS_LANE, -2], // store_lane
  [0x5c, 0x5d, ACCESS, 0], // load_zero
  [0x5e, 0x5f, PLAIN, 0], // demote, promote
  [0x60, 0x64, PLAIN, 0], // i8x16
  [0x65, 0x66, PLAIN, -1],
  [0x67, 0x6a, PLAIN, 0], // f32x4 rounding
  [0x6b, 0x73, PLAIN, -1],
  [0x74, 0x75, PLAIN, 0], // f64x2 rounding
  [0x76, 0x79, PLAIN, -1],
  [0x7a, 0x7a, PLAIN, 0], // f64x2.trunc
  [0x7b, 0x7b, PLAIN, -1],
  [0x7c, 0x81, PLAIN, 0], // extadd_pairwise, i16x8
  [0x82, 0x82, PLAIN, -1],
  [0x83, 0x84, PLAIN, 0],
  [0x85, 0x86, PLAIN, -1],
  [0x87, 0x8a, PLAIN, 0],
  [0x8b, 0x93, PLAIN, -1],
  [0x94, 0x94, PLAIN, 0], // f64x2.nearest
  [0x95, 0x99, PLAIN, -1],
  [0x9b, 0x9f, PLAIN, -1],
  [0xa0, 0xa1, PLAIN, 0], // i32x4
  [0xa3, 0xa4, PLAIN, 0],
  [0xa7, 0xaa, PLAIN, 0],
  [0xab, 0xae, PLAIN, -1],
  [0xb1, 0xb1, PLAIN, -1],
  [0xb5, 0xba, PLAIN, -1],
  [0xbc, 0xbf, PLAIN, -1],
  [0xc0, 0xc1, PLAIN, 0], // i64x2
  [0xc3, 0xc4, PLAIN, 0],
  [0xc7, 0xca, PLAIN, 0],
  [0xcb, 0xce, PLAIN, -1],
  [0xd1, 0xd1, PLAIN, -1],
  [0xd5, 0xdf, PLAIN, -1],
  [0xe0, 0xe1, PLAIN, 0], // f32x4
  [0xe3, 0xe3, PLAIN, 0],
  [0xe4, 0xeb, PLAIN, -1],
  [0xec, 0xed, PLAIN, 0], // f64x2
  [0xef, 0xef, PLAIN, 0],
  [0xf0, 0xf7, PLAIN, -1],
  [0xf8, 0xff, PLAIN, 0], // conversions
  [0x100, 0x100, PLAIN, -1], // relaxed_swizzle
  [0x101, 0x104, PLAIN, 0], // relaxed_trunc
  [0x105, 0x10c, PLAIN, -2], // relaxed multiply-add, laneselect
  [0x10d, 0x112, PLAIN, -1], // relaxed minimum, maximum, products
  [0x113, 0x113, PLAIN, -2], // relaxed dot product, add
]);

const REFUSED: readonly (readonly [first: number, last: number, feature: string])[] = [
  [0x14, 0x15, 'typed function references'],
  [0xd4, 0xd6, 'typed function references'],
  [0xd3, 0xd3, 'garbage collection (ref.eq)'],
  [0xe0, 0xe6, 'stack switching'],
  [0xfb, 0xfb, 'garbage collection and string references'],
  [0xfe, 0xfe, 'threads (atomic instructions)'],
];

/** The proposal that an opcode of one byte belongs to, when it is one that is refused by name. */
export function refusedFeature(opcode: number): string | undefined {
  return REFUSED.find(([first, last]) => opcode >= first && opcode <= last)?.[2];
}
