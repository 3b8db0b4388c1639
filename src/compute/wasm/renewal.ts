/**
 * Makes an instance new again without making another: the function `perigee.renew`, which stores the first value of every
 * variable global and copies the data segments into a wiped memory (`wasm.md` §5.7).
 *
 * That is all that a call can leave behind in a module whose code changes no table and drops no segment. Any other module
 * gets no such function, and a new instance is made for each of its calls.
 */
import { ByteWriter, copyRenumbered, type DataSegment, type Declarations, type Scan } from './format/index.ts';

/** Specification constants. */
const PAGE_BYTES = 65_536;
const NO_LOCALS = 0;
const PASSIVE = 1;
const OP = { end: 0x0b, globalSet: 0x24, i32Const: 0x41, misc: 0xfc, memoryInit: 8 } as const;
const MEMORY = 0;

/** Ours: globals and segments together; real modules have some dozens. */
const MAX_PARTS = 2_000;
/** Ours: bytes of the first values of all globals. */
const MAX_VALUE_BYTES = 1 << 16;

/**
 * The body of `perigee.renew`; undefined when the module is not one that can be renewed.
 * @param segments all data segments, which must then be written by {@link writePassiveData}.
 */
export function renewalOf(
  { reader, limits }: Scan,
  module: Declarations,
  segments: readonly DataSegment[],
  renumber: (index: number) => number,
): ByteWriter | undefined {
  const { imports, memory, globals, globalValues, globalReferences } = module;
  // What others hold as well is not ours to set back.
  if (imports.some(({ kind }) => kind !== 'function' && kind !== 'tag')) return undefined;
  // Without this one, a module that catches exceptions in the older form only would come to have both, which engines refuse.
  if (globals.some(({ value, mutable }) => mutable && value === 'exnref')) return undefined;
  if (globals.length + segments.length > MAX_PARTS) return undefined;
  if (globalValues.reduce((sum, { start, end }) => sum + end - start, 0) > MAX_VALUE_BYTES) return undefined;
  const body = new ByteWriter(limits.maxRewrittenBytes, 256);
  body.u8(NO_LOCALS);
  let passed = 0;
  for (const [index, { mutable }] of globals.entries()) {
    const value = globalValues[index];
    if (value === undefined) continue;
    const first = passed;
    while (passed < globalReferences.length && (globalReferences[passed] as number) < value.end) passed += 3;
    if (!mutable) continue;
    const references = globalReferences.slice(first, passed);
    copyRenumbered(body, reader.bytes, value.start, value.end, references, renumber);
    body.u8(OP.globalSet);
    body.u32(index);
  }
  let room = memory.minPages * PAGE_BYTES;
  for (const [index, { bytes, offset }] of segments.entries()) {
    if (offset === 'passive') continue;
    const length = bytes.end - bytes.start;
    // A segment that does not fit makes instantiation fail, as it must; and copying takes no longer than wiping does.
    if (offset === undefined || offset + length > memory.minPages * PAGE_BYTES || length > room) return undefined;
    room -= length;
    body.u8(OP.i32Const);
    body.i32(offset | 0);
    body.u8(OP.i32Const);
    body.i32(0);
    body.u8(OP.i32Const);
    body.i32(length);
    body.u8(OP.misc);
    body.u32(OP.memoryInit);
    body.u32(index);
    body.u8(MEMORY);
  }
  body.u8(OP.end);
  return body;
}

/** Writes the data section with no segment that is copied or dropped at instantiation. */
export function writePassiveData(writer: ByteWriter, { reader }: Scan, segments: readonly DataSegment[]): void {
  writer.u32(segments.length);
  for (const { bytes } of segments) {
    writer.u8(PASSIVE);
    writer.u32(bytes.end - bytes.start);
    writer.copy(reader.bytes, bytes.start, bytes.end);
  }
}
