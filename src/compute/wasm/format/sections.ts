import type { ByteReader } from './byte-reader.ts';
import type { WasmErrorCode } from '../errors.ts';
import type { ModuleLimits } from '../limits.ts';

/** Specification constants: section ids. */
export const SECTION = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
  data: 11,
  dataCount: 12,
  tag: 13,
} as const;

/** `\0asm`, version 1. */
export const PREAMBLE: Uint8Array = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00);

/** The order in which sections may appear, each at most once. */
const ORDER: readonly number[] = [1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11];
const STRING_SECTION = 14;
const COMPONENT_LAYER = 0x01;
/** The title of the custom section that says which branches are likely. */
export const BRANCH_HINTS = 'metadata.code.branch_hint';

/** Where bytes lie in the module: from `start` up to, not including, `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** The contents of the sections of a module. */
export interface Sections {
  readonly byId: ReadonlyMap<number, ByteRange>;
  /** The first custom section called `name`, what follows that title. */
  readonly names?: ByteRange;
  /** The first custom section of branch hints, what follows its title. */
  readonly branchHints?: ByteRange;
}

/**
 * Checks the preamble and finds the sections; reads nothing inside them but the titles of custom ones.
 * @throws {WasmError} WASM_NOT_WASM, WASM_UNSUPPORTED_VERSION, WASM_UNKNOWN_SECTION, WASM_SECTION_ORDER,
 * WASM_UNSUPPORTED_FEATURE, WASM_TRUNCATED, WASM_MALFORMED_LEB, WASM_MALFORMED_NAME
 */
export function readSections(reader: ByteReader): Sections {
  readPreamble(reader);
  const byId = new Map<number, ByteRange>();
  let names: ByteRange | undefined;
  let branchHints: ByteRange | undefined;
  let rank = -1;
  while (!reader.done) {
    const at = reader.position;
    const id = reader.u8();
    const size = reader.u32();
    const start = reader.position;
    reader.skip(size);
    const end = reader.position;
    if (id === SECTION.custom) {
      reader.window(start, end);
      const title = reader.name(size);
      if (title === 'name') names ??= { start: reader.position, end };
      else if (title === BRANCH_HINTS) branchHints ??= { start: reader.position, end };
      reader.window(end, reader.bytes.length);
      continue;
    }
    const nextRank = ORDER.indexOf(id);
    if (id === STRING_SECTION) {
      throw reader.error('WASM_UNSUPPORTED_FEATURE', 'string references are not supported: section 14', at);
    }
    if (nextRank < 0) throw reader.error('WASM_UNKNOWN_SECTION', `there is no section ${id}`, at);
    if (nextRank <= rank) throw reader.error('WASM_SECTION_ORDER', `section ${id} is out of order or repeated`, at);
    rank = nextRank;
    byId.set(id, { start, end });
  }
  return { byId, ...(names && { names }), ...(branchHints && { branchHints }) };
}

/**
 * Reads a section that is a vector, item by item; a missing section is an empty vector.
 * @throws {WasmError} `code` above `max` items; WASM_SECTION_SIZE; what `item` throws
 */
export function readVector(
  reader: ByteReader,
  sections: Sections,
  id: number,
  max: number,
  code: WasmErrorCode,
  what: string,
  item: (index: number) => void,
): void {
  const range = sections.byId.get(id);
  if (range === undefined) return;
  reader.window(range.start, range.end);
  const count = reader.count(max, code, what);
  for (let index = 0; index < count; index++) item(index);
  reader.expectEnd(`the last of ${count} ${what}`);
}

/** What reading a section needs: passed on through the functions that read one. */
export interface Scan {
  readonly reader: ByteReader;
  readonly sections: Sections;
  readonly limits: ModuleLimits;
}

function readPreamble(reader: ByteReader): void {
  const { bytes } = reader;
  for (let i = 0; i < 4; i++) {
    if (bytes[i] !== PREAMBLE[i]) throw reader.error('WASM_NOT_WASM', 'not a WebAssembly binary: no magic number', 0);
  }
  reader.skip(PREAMBLE.length);
  if (bytes[6] === COMPONENT_LAYER) {
    throw reader.error('WASM_UNSUPPORTED_VERSION', 'a component, not a core module: extract its core module,', 4);
  }
  for (let i = 4; i < PREAMBLE.length; i++) {
    if (bytes[i] !== PREAMBLE[i]) {
      throw reader.error('WASM_UNSUPPORTED_VERSION', 'the binary format version is not 1', 4);
    }
  }
}
