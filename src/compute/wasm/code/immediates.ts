import type { ByteReader, Declarations } from '../format/index.ts';
import * as op from './opcodes.ts';

/** Bit 6 of an alignment would announce the index of another memory. */
export const MAX_ALIGNMENT = 0x3f;

/**
 * Reads alignment and offset of a memory access, of the instruction at byte `at`.
 * @throws {WasmError} WASM_INDEX_OUT_OF_RANGE, WASM_UNSUPPORTED_FEATURE, WASM_TRUNCATED, WASM_MALFORMED_LEB
 */
export function readAccess(reader: ByteReader, module: Declarations, at: number): void {
  requireMemory(reader, module, at);
  if (reader.u32() > MAX_ALIGNMENT) {
    throw reader.error('WASM_UNSUPPORTED_FEATURE', 'multiple memories are not supported', at);
  }
  reader.skipLeb(5);
}

/** Reads the index of a memory, which must be 0. @throws {WasmError} as {@link readAccess} */
export function readMemoryIndex(reader: ByteReader, module: Declarations, at: number): void {
  requireMemory(reader, module, at);
  if (reader.u8() !== 0) {
    throw reader.error('WASM_UNSUPPORTED_FEATURE', 'multiple memories are not supported', at);
  }
}

/**
 * Reads what follows opcode `opcode` of the bulk and conversion instructions; returns whether the flag is to be checked before it.
 * @throws {WasmError} WASM_UNKNOWN_OPCODE, and as {@link readAccess}
 */
export function readMiscImmediates(reader: ByteReader, module: Declarations, opcode: number, at: number): boolean {
  switch (op.MISC_OPCODES.kinds[opcode]) {
    case op.PLAIN:
      return false;
    case op.INDEX:
    case op.SEGMENT_DROP:
      reader.skipLeb(5);
      return false;
    case op.MEMORY_INIT:
      reader.skipLeb(5);
      readMemoryIndex(reader, module, at);
      return true;
    case op.MEMORY_COPY:
      readMemoryIndex(reader, module, at);
      readMemoryIndex(reader, module, at);
      return true;
    case op.MEMORY_FILL:
      readMemoryIndex(reader, module, at);
      return true;
    case op.TABLE_BULK:
      reader.skipLeb(5);
      return true;
    case op.TABLE_BULK_PAIR:
      reader.skipLeb(5);
      reader.skipLeb(5);
      return true;
    default:
      throw reader.error('WASM_UNKNOWN_OPCODE', `there is no instruction 0xfc ${opcode}`, at);
  }
}

/**
 * Reads what follows opcode `opcode` of the vector instructions.
 * @throws {WasmError} WASM_UNKNOWN_OPCODE, and as {@link readAccess}
 */
export function readSimdImmediates(reader: ByteReader, module: Declarations, opcode: number, at: number): void {
  switch (op.SIMD_OPCODES.kinds[opcode]) {
    case op.PLAIN:
      return;
    case op.ACCESS:
      readAccess(reader, module, at);
      return;
    case op.ACCESS_LANE:
      readAccess(reader, module, at);
      reader.skip(1);
      return;
    case op.LANE:
      reader.skip(1);
      return;
    case op.BYTES_16:
      reader.skip(16);
      return;
    default:
      throw reader.error('WASM_UNKNOWN_OPCODE', `there is no instruction 0xfd ${opcode}`, at);
  }
}

/** Without a memory of the guest's own, memory 0 of the rewritten module is the flag, which no guest may touch. */
function requireMemory(reader: ByteReader, module: Declarations, at: number): void {
  if (module.memory.source === 'none') {
    throw reader.error('WASM_INDEX_OUT_OF_RANGE', 'there is no memory 0', at);
  }
}
