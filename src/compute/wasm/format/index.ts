/**
 * The module format: reading and writing its bytes, its sections and what they declare. Specification: `docs/protocol/wasm.md`
 * §2, §3. This door opens to the rest of `wasm/` only.
 * Read: byte-reader.ts, sections.ts, declarations.ts, segments.ts. Invariant: nothing is read outside of its section.
 * Tests: `../prepare.test.ts` has every refusal, `../hostile.test.ts` truncations, flips and lengths.
 */
export { ByteReader } from './byte-reader.ts';
export { ByteWriter } from './byte-writer.ts';
export { copyRenumbered, type FunctionReferences } from './constant-expression.ts';
export { type Declarations, type ExportEntry, EXTERNAL_KINDS, readDeclarations } from './declarations.ts';
export { readFunctionNames, rewriteNames } from './name-section.ts';
export { BRANCH_HINTS, type ByteRange, PREAMBLE, readSections, type Scan, SECTION } from './sections.ts';
export { type DataSegment, readData, readElements } from './segments.ts';
export { readBlockType, readReferenceType, readValueType, valueTypeCode } from './value-types.ts';
