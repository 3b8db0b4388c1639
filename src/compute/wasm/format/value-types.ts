import type { ByteReader } from './byte-reader.ts';
import type { WasmError } from '../errors.ts';
import type { FunctionType, ReferenceType, ValueType } from '../module.ts';

/** Specification constants: codes of the accepted value types. */
const CODES: Readonly<Record<ValueType, number>> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
  funcref: 0x70,
  externref: 0x6f,
  exnref: 0x69,
};
const TYPES: ReadonlyMap<number, ValueType> = new Map(
  (Object.keys(CODES) as ValueType[]).map((type) => [CODES[type], type]),
);

/** Block types of one byte, all below 0x80. */
const SIMPLE_BLOCKS: ReadonlyMap<number, FunctionType> = new Map([
  [0x40, { params: [], results: [] }],
  ...[...TYPES].map(([code, type]): [number, FunctionType] => [code, { params: [], results: [type] }]),
]);

/** Codes of types that are refused, by the proposal they belong to. */
const REFUSED_TYPES: readonly (readonly [first: number, last: number, feature: string])[] = [
  [0x4e, 0x50, 'garbage collection (recursive and sub types)'],
  [0x5e, 0x5f, 'garbage collection (struct and array types)'],
  [0x6a, 0x6e, 'garbage collection (heap types)'],
  [0x71, 0x74, 'garbage collection (bottom types)'],
  [0x77, 0x78, 'garbage collection (packed types)'],
  [0x63, 0x64, 'typed function references'],
  [0x5d, 0x5d, 'stack switching (continuation types)'],
  [0x68, 0x68, 'stack switching (continuation references)'],
  [0x75, 0x75, 'stack switching (bottom continuation type)'],
  [0x65, 0x65, 'shared composite types'],
  [0x67, 0x67, 'string references'],
];

/** The code of `type` in a module. */
export function valueTypeCode(type: ValueType): number {
  return CODES[type];
}

/** @throws {WasmError} WASM_UNSUPPORTED_FEATURE, WASM_MALFORMED, WASM_TRUNCATED */
export function readValueType(reader: ByteReader): ValueType {
  const type = TYPES.get(reader.u8());
  if (type === undefined) throw refusedType(reader, reader.position - 1);
  return type;
}

/** @throws {WasmError} WASM_UNSUPPORTED_FEATURE, WASM_MALFORMED, WASM_TRUNCATED */
export function readReferenceType(reader: ByteReader): ReferenceType {
  const at = reader.position;
  const type = readValueType(reader);
  if (type === 'funcref' || type === 'externref' || type === 'exnref') return type;
  throw reader.error('WASM_MALFORMED', `${type} where a reference type is due`, at);
}

/**
 * What a block takes and leaves: nothing, one value, or as a function type of `types` says.
 * @throws {WasmError} WASM_UNSUPPORTED_FEATURE, WASM_MALFORMED, WASM_INDEX_OUT_OF_RANGE, WASM_TRUNCATED, WASM_MALFORMED_LEB
 */
export function readBlockType(reader: ByteReader, types: readonly FunctionType[]): FunctionType {
  const at = reader.position;
  const simple = SIMPLE_BLOCKS.get(reader.peek());
  reader.skipLeb(5);
  if (simple !== undefined) return simple;
  // What remains is a type index, a signed number that is not negative: bit 6 of its last byte is clear.
  const length = reader.position - at;
  if (length < 5 && ((reader.bytes[reader.position - 1] as number) & 0x40) !== 0) {
    throw length === 1 ? refusedType(reader, at) : reader.error('WASM_MALFORMED', 'a negative block type', at);
  }
  reader.position = at;
  return types[reader.index(types.length, 'type')] as FunctionType;
}

/** The error for a type code at byte `at` that is not accepted. */
export function refusedType(reader: ByteReader, at: number): WasmError {
  const code = reader.bytes[at] as number;
  const feature = REFUSED_TYPES.find(([first, last]) => code >= first && code <= last)?.[2];
  return feature === undefined
    ? reader.error('WASM_MALFORMED', `0x${code.toString(16)} is not a type`, at)
    : reader.error('WASM_UNSUPPORTED_FEATURE', `${feature} are not supported: type 0x${code.toString(16)}`, at);
}
