import { constantI32, type FunctionReferences, noteReference, readConstantExpression } from './constant-expression.ts';
import type { Declarations } from './declarations.ts';
import { type ByteRange, type Scan, SECTION, readVector } from './sections.ts';
import { readReferenceType } from './value-types.ts';

/** Specification constants: bits of the flags of an element segment. */
const NOT_ACTIVE = 1;
const EXPLICIT_TABLE = 2;
const EXPRESSIONS = 4;
const FUNCTION_ELEMENTS = 0x00;

/**
 * Passes over the element section; returns where functions are named in it.
 * @throws {WasmError} WASM_TOO_MANY_ELEMENT_SEGMENTS, WASM_TOO_MANY_ELEMENTS, WASM_INDEX_OUT_OF_RANGE, WASM_MALFORMED …
 */
export function readElements({ reader, sections, limits }: Scan, module: Declarations): FunctionReferences {
  const references: FunctionReferences = [];
  const functionCount = module.functionTypes.length;
  let remaining = limits.maxElements;
  const what = 'element segments';
  const max = limits.maxElementSegments;
  readVector(reader, sections, SECTION.element, max, 'WASM_TOO_MANY_ELEMENT_SEGMENTS', what, () => {
    const at = reader.position;
    const flags = reader.u32();
    if (flags > (NOT_ACTIVE | EXPLICIT_TABLE | EXPRESSIONS)) {
      throw reader.error('WASM_MALFORMED', `unknown kind ${flags} of element segment`, at);
    }
    if ((flags & NOT_ACTIVE) === 0) {
      if ((flags & EXPLICIT_TABLE) !== 0) reader.index(module.tables.length, 'table');
      readConstantExpression(reader, functionCount, references);
    }
    if ((flags & (NOT_ACTIVE | EXPLICIT_TABLE)) !== 0) {
      if ((flags & EXPRESSIONS) !== 0) {
        readReferenceType(reader);
      } else if (reader.u8() !== FUNCTION_ELEMENTS) {
        throw reader.error('WASM_MALFORMED', 'unknown kind of elements', reader.position - 1);
      }
    }
    const count = reader.count(remaining, 'WASM_TOO_MANY_ELEMENTS', 'elements');
    remaining -= count;
    for (let i = 0; i < count; i++) {
      if ((flags & EXPRESSIONS) === 0) noteReference(reader, functionCount, references);
      else readConstantExpression(reader, functionCount, references);
    }
  });
  return references;
}

/** One data segment. */
export interface DataSegment {
  /** Where its bytes stand. */
  readonly bytes: ByteRange;
  /** Where it goes in memory at instantiation: `passive` when nowhere, undefined when the module does not say it as a number. */
  readonly offset: number | 'passive' | undefined;
}

/**
 * Passes over the data section.
 * @throws {WasmError} WASM_TOO_MANY_DATA_SEGMENTS, WASM_INDEX_OUT_OF_RANGE, WASM_MALFORMED …
 */
export function readData({ reader, sections, limits }: Scan, module: Declarations): DataSegment[] {
  const segments: DataSegment[] = [];
  const references: FunctionReferences = [];
  const functionCount = module.functionTypes.length;
  const what = 'data segments';
  const max = limits.maxDataSegments;
  readVector(reader, sections, SECTION.data, max, 'WASM_TOO_MANY_DATA_SEGMENTS', what, () => {
    const at = reader.position;
    const flags = reader.u32();
    if (flags > 2) throw reader.error('WASM_MALFORMED', `unknown kind ${flags} of data segment`, at);
    let offset: DataSegment['offset'] = 'passive';
    if (flags !== 1) {
      if (flags === 2 && reader.u8() !== 0) {
        throw reader.error('WASM_UNSUPPORTED_FEATURE', 'multiple memories are not supported', at);
      }
      // Without a memory of the guest's own, memory 0 of the rewritten module is the flag: nothing may be written there.
      if (module.memory.source === 'none') throw reader.error('WASM_INDEX_OUT_OF_RANGE', 'there is no memory 0', at);
      const start = reader.position;
      readConstantExpression(reader, functionCount, references);
      offset = constantI32(reader.bytes, { start, end: reader.position });
    }
    const length = reader.u32();
    reader.skip(length);
    segments.push({ bytes: { start: reader.position - length, end: reader.position }, offset });
  });
  if (references.length > 0) {
    throw reader.error('WASM_MALFORMED', 'the offset of a data segment is a function', references[0]);
  }
  const declared = sections.byId.get(SECTION.dataCount);
  if (declared !== undefined) {
    reader.window(declared.start, declared.end);
    const count = reader.u32();
    if (count !== segments.length) {
      throw reader.error('WASM_MALFORMED', `${segments.length} data segments, announced are ${count},`, declared.start);
    }
    reader.expectEnd('the count of data segments');
  }
  return segments;
}
