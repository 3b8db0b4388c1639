import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import type { ByteRange } from './sections.ts';
import { readReferenceType } from './value-types.ts';

const I32_CONST = 0x41;

/** Places where a function index stands in a section: start, end, index, one after the other. */
export type FunctionReferences = number[];

/**
 * Passes over a constant expression and notes its function references.
 * @throws {WasmError} WASM_UNKNOWN_OPCODE for an instruction that is not constant; WASM_INDEX_OUT_OF_RANGE, WASM_TRUNCATED …
 */
export function readConstantExpression(
  reader: ByteReader,
  functionCount: number,
  references: FunctionReferences,
): void {
  for (;;) {
    const at = reader.position;
    const opcode = reader.u8();
    switch (opcode) {
      case 0x0b: // end
        return;
      case I32_CONST:
      case 0x23: // global.get
        reader.skipLeb(5);
        break;
      case 0x42: // i64.const
        reader.skipLeb(10);
        break;
      case 0x43: // f32.const
        reader.skip(4);
        break;
      case 0x44: // f64.const
        reader.skip(8);
        break;
      case 0x6a: // i32.add, sub, mul
      case 0x6b:
      case 0x6c:
      case 0x7c: // i64.add, sub, mul
      case 0x7d:
      case 0x7e:
        break;
      case 0xd0: // ref.null
        readReferenceType(reader);
        break;
      case 0xd2: // ref.func
        noteReference(reader, functionCount, references);
        break;
      case 0xfd: // v128.const
        if (reader.u32() === 12) {
          reader.skip(16);
          break;
        }
        throw reader.error('WASM_UNKNOWN_OPCODE', 'a vector instruction that is not constant', at);
      default:
        throw reader.error('WASM_UNKNOWN_OPCODE', `0x${opcode.toString(16)} is not a constant instruction`, at);
    }
  }
}

/** The value of a constant expression in `bytes` that is nothing but a valid `i32.const`, as an unsigned number; undefined for any other. */
export function constantI32(bytes: Uint8Array, { start, end }: ByteRange): number | undefined {
  if (bytes[start] !== I32_CONST) return undefined;
  let value = 0;
  let shift = 0;
  let at = start + 1;
  let byte: number;
  do {
    byte = bytes[at++] as number;
    value |= (byte & 0x7f) << shift;
    shift += 7;
  } while (byte >= 0x80);
  // What follows must be the end of the expression.
  if (at !== end - 1) return undefined;
  // Bits of a fifth byte beyond the 32nd must repeat it. The engine refuses any others, and must go on to see them.
  const beyond = byte & 0x78;
  if (shift === 35 && beyond !== 0 && beyond !== 0x78) return undefined;
  const isNegative = (byte & 0x40) !== 0;
  if (isNegative && shift < 32) value |= -1 << shift;
  return value >>> 0;
}

/** Reads a function index and notes where it stands. @throws {WasmError} WASM_INDEX_OUT_OF_RANGE, WASM_TRUNCATED, WASM_MALFORMED_LEB */
export function noteReference(reader: ByteReader, functionCount: number, references: FunctionReferences): void {
  const start = reader.position;
  const index = reader.index(functionCount, 'function');
  references.push(start, reader.position, index);
}

/** Appends bytes `start` up to, not including, `end` of `bytes`, every noted index replaced by `renumber(index)`. */
export function copyRenumbered(
  writer: ByteWriter,
  bytes: Uint8Array,
  start: number,
  end: number,
  references: FunctionReferences,
  renumber: (index: number) => number,
): void {
  let copied = start;
  for (let i = 0; i < references.length; i += 3) {
    writer.copy(bytes, copied, references[i] as number);
    writer.u32(renumber(references[i + 2] as number));
    copied = references[i + 1] as number;
  }
  writer.copy(bytes, copied, end);
}
