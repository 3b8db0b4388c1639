import { ByteWriter, type Declarations } from '../format/index.ts';

/** Specification constants. */
const I32_CONST = 0x41;
const I32_LOAD = 0x28;
const IF = 0x04;
const EMPTY_BLOCK = 0x40;
const CALL = 0x10;
const END = 0x0b;
const ALIGN_4 = 0x02;
const EXPLICIT_MEMORY = 0x40;

/** Size of the flag memory: one page, which is also its maximum. */
export const FLAG_MEMORY_BYTES = 65_536;

/** Index of the flag memory in the rewritten module: after the guest's, if it has one. */
export function flagMemoryIndex(module: Declarations): number {
  return module.memory.source === 'none' ? 0 : 1;
}

/** Index of `perigee.yield` in the rewritten module: the last import; functions from here on have moved up by one. */
export function yieldIndex(module: Declarations): number {
  return module.importedFunctions;
}

/** The instructions of a flag check, and where among them its `if` is. */
export interface FlagCheck {
  readonly code: Uint8Array;
  readonly ifAt: number;
}

/**
 * The instructions of a flag check, which leave stack and locals as they are (`wasm.md` §5.3):
 * `i32.const 0; i32.load flag; if; call yield; end`.
 *
 * The load is not atomic: engines do not hoist it out of loops, and an atomic one costs two to three times as much.
 */
export function flagCheck(module: Declarations, flagOffset: number): FlagCheck {
  const writer = new ByteWriter(64, 64);
  writer.u8(I32_CONST);
  writer.u8(0);
  writer.u8(I32_LOAD);
  const memory = flagMemoryIndex(module);
  writer.u8(memory === 0 ? ALIGN_4 : ALIGN_4 | EXPLICIT_MEMORY);
  if (memory !== 0) writer.u8(memory);
  writer.u32(flagOffset);
  const ifAt = writer.length;
  writer.u8(IF);
  writer.u8(EMPTY_BLOCK);
  writer.u8(CALL);
  writer.u32(yieldIndex(module));
  writer.u8(END);
  return { code: writer.finish(), ifAt };
}
