import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import { WasmError } from '../errors.ts';
import { type ByteRange, readSections } from './sections.ts';

/** Specification constants: subsections of the name section. */
const MODULE_NAME = 0;
const FUNCTION_NAMES = 1;
/** Module, types, tables, memories, globals, element and data segments, tags: their numbers stay as they are. */
const UNCHANGED: ReadonlySet<number> = new Set([0, 4, 5, 6, 7, 8, 9, 11]);

const decoder = new TextDecoder();

/**
 * Appends the name section at `range`, functions renumbered. Names of locals and labels are left out: the checks change
 * the numbers of labels, and both serve only debuggers. Of a section that is malformed nothing is appended: names
 * carry no meaning, and an engine ignores a bad name section as well.
 * @param moduleName what the module is called instead of what it says itself.
 */
export function rewriteNames(
  reader: ByteReader,
  range: ByteRange | undefined,
  renumber: (index: number) => number,
  writer: ByteWriter,
  moduleName: string | undefined,
): void {
  const length = range === undefined ? 0 : range.end - range.start;
  const rewritten = new ByteWriter(2 * length + 256, length + 256);
  rewritten.name('name');
  putModuleName(rewritten, moduleName);
  const isWellFormed = tolerate(() => {
    if (range === undefined) return;
    eachSubsection(reader, range, (id, start, end) => {
      if (id === MODULE_NAME && moduleName !== undefined) return;
      if (UNCHANGED.has(id)) {
        rewritten.u8(id);
        rewritten.u32(end - start);
        rewritten.copy(reader.bytes, start, end);
      } else if (id === FUNCTION_NAMES) {
        const names = new ByteWriter(2 * (end - start) + 64, end - start + 64);
        names.u32(eachName(reader, () => {}));
        reader.window(start, end);
        eachName(reader, (index, nameStart, nameEnd) => {
          names.u32(renumber(index));
          names.u32(nameEnd - nameStart);
          names.copy(reader.bytes, nameStart, nameEnd);
        });
        rewritten.u8(id);
        rewritten.sized(names);
      }
    });
  });
  if (!isWellFormed) {
    if (moduleName !== undefined) rewriteNames(reader, undefined, renumber, writer, moduleName);
    return;
  }
  writer.u8(0);
  writer.sized(rewritten);
}

function putModuleName(writer: ByteWriter, name: string | undefined): void {
  if (name === undefined) return;
  const body = new ByteWriter(128, 128);
  body.name(name);
  writer.u8(MODULE_NAME);
  writer.sized(body);
}

/**
 * Names of functions by index, as the name section of `bytes` gives them: with the rewritten bytes, the indices that
 * stand in the stack trace of a trap. Empty when there are none or they are malformed.
 * @throws {WasmError} when `bytes` is not divided into sections
 */
export function readFunctionNames(bytes: Uint8Array): ReadonlyMap<number, string> {
  const reader = new ByteReader(bytes);
  const { names: range } = readSections(reader);
  const names = new Map<number, string>();
  if (range === undefined) return names;
  const isWellFormed = tolerate(() => {
    eachSubsection(reader, range, (id) => {
      if (id !== FUNCTION_NAMES) return;
      eachName(reader, (index, start, end) => {
        names.set(index, decoder.decode(bytes.subarray(start, end)));
      });
    });
  });
  return isWellFormed ? names : new Map();
}

function eachSubsection(
  reader: ByteReader,
  range: ByteRange,
  visit: (id: number, start: number, end: number) => void,
): void {
  reader.window(range.start, range.end);
  while (!reader.done) {
    const id = reader.u8();
    const size = reader.u32();
    const start = reader.position;
    reader.skip(size);
    reader.window(start, start + size);
    visit(id, start, start + size);
    reader.window(start + size, range.end);
  }
}

/** Visits the names of one subsection; returns how many. */
function eachName(reader: ByteReader, visit: (index: number, start: number, end: number) => void): number {
  const count = reader.u32();
  for (let i = 0; i < count; i++) {
    const index = reader.u32();
    const length = reader.u32();
    const start = reader.position;
    reader.skip(length);
    visit(index, start, start + length);
  }
  return count;
}

function tolerate(read: () => void): boolean {
  try {
    read();
    return true;
  } catch (error) {
    if (error instanceof WasmError) return false;
    throw error;
  }
}
