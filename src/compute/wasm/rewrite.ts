import {
  BranchHintRecorder,
  type CodeMap,
  CodeMapRecorder,
  FLAG_MEMORY_BYTES,
  FunctionRewriter,
  GivenHints,
  yieldIndex,
} from './code/index.ts';
import {
  ByteWriter,
  copyRenumbered,
  type Declarations,
  EXTERNAL_KINDS,
  PREAMBLE,
  readData,
  readElements,
  rewriteNames,
  type Scan,
  SECTION,
  valueTypeCode,
} from './format/index.ts';
import {
  FLAG_IMPORT,
  type FunctionType,
  HOST_MODULE,
  MEMORY_IMPORT,
  type MemoryType,
  RENEW_EXPORT,
  START_EXPORT,
  type TableType,
  YIELD_IMPORT,
} from './module.ts';
import { renewalOf, writePassiveData } from './renewal.ts';

/** Specification constants. */
const FUNCTION_FORM = 0x60;
const MIN_AND_MAX = 1;
const SHARED_MIN_AND_MAX = 3;
const KIND = { function: 0, table: 1, memory: 2, global: 3, tag: 4 } as const;
const PAGE_BYTES = 65_536;

/** What rewriting found out about the code. */
export interface Rewritten {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly checks: number;
  readonly functionEffort: number;
  readonly moduleEffort: number;
  /** Whether any instruction makes a table larger. */
  readonly growsTables: boolean;
  /** Whether it has the function that makes an instance new again. */
  readonly isRenewable: boolean;
  readonly codeMap: CodeMap;
}

/**
 * Writes the module anew, in the order of its sections (`wasm.md` §5).
 * @throws {WasmError} any code of code and segments; WASM_REWRITTEN_TOO_LARGE
 */
export function rewriteModule(scan: Scan, module: Declarations, moduleName?: string): Rewritten {
  const { reader, limits } = scan;
  const moved = yieldIndex(module);
  const renumber = (index: number): number => (index < moved ? index : index + 1);
  const output = new ByteWriter(limits.maxRewrittenBytes, Math.ceil(reader.bytes.length * 1.25) + 1024);
  const section = new ByteWriter(limits.maxRewrittenBytes, 1024);
  const put = (id: number, write: () => void): void => {
    section.clear();
    write();
    output.u8(id);
    output.sized(section);
  };
  const putUnchanged = (id: number): void => {
    const range = scan.sections.byId.get(id);
    if (range === undefined) return;
    output.u8(id);
    output.u32(range.end - range.start);
    output.copy(reader.bytes, range.start, range.end);
  };

  const code = new ByteWriter(limits.maxRewrittenBytes, Math.ceil(reader.bytes.length * 1.25));
  const hints = new BranchHintRecorder(limits.maxRewrittenBytes);
  const { map, bodies, sparesTablesAndSegments, ...found } = rewriteCode(code, scan, module, renumber, hints);
  const segments = readData(scan, module);
  const renewal = sparesTablesAndSegments ? renewalOf(scan, module, segments, renumber) : undefined;
  if (renewal !== undefined) code.sized(renewal);
  const isPassive = renewal !== undefined && segments.length > 0;

  output.copy(PREAMBLE, 0, PREAMBLE.length);
  put(SECTION.type, () => writeTypes(section, scan, module));
  put(SECTION.import, () => writeImports(section, module));
  if (renewal === undefined) putUnchanged(SECTION.function);
  else put(SECTION.function, () => writeFunctions(section, module));
  if (scan.sections.byId.has(SECTION.table)) put(SECTION.table, () => writeTables(section, module));
  putUnchanged(SECTION.tag);
  const globals = scan.sections.byId.get(SECTION.global);
  if (globals !== undefined) {
    put(SECTION.global, () => {
      copyRenumbered(section, reader.bytes, globals.start, globals.end, module.globalReferences, renumber);
    });
  }
  const own = ownExports(module, renewal !== undefined);
  if (module.exports.length + own.length > 0) put(SECTION.export, () => writeExports(section, module, own, renumber));
  const elements = scan.sections.byId.get(SECTION.element);
  if (elements !== undefined) {
    const references = readElements(scan, module);
    put(SECTION.element, () => {
      copyRenumbered(section, reader.bytes, elements.start, elements.end, references, renumber);
    });
  }
  if (!isPassive) putUnchanged(SECTION.dataCount);
  else put(SECTION.dataCount, () => section.u32(segments.length));
  hints.writeTo(output, section);
  if (scan.sections.byId.has(SECTION.code)) {
    output.u8(SECTION.code);
    output.vector(bodies + (renewal === undefined ? 0 : 1), code);
  }
  const codeMap = map.finish(module.importedFunctions, module.functionTypes.length, output.length - code.length);
  if (!isPassive) putUnchanged(SECTION.data);
  else put(SECTION.data, () => writePassiveData(section, scan, segments));
  const { names } = scan.sections;
  if (names !== undefined || moduleName !== undefined) rewriteNames(reader, names, renumber, output, moduleName);
  return { ...found, isRenewable: renewal !== undefined, codeMap, bytes: output.finish() };
}

/** The guest's types, and the one of `perigee.yield` after them. */
function writeTypes(writer: ByteWriter, { reader, sections }: Scan, module: Declarations): void {
  writer.u32(module.types.length + 1);
  const range = sections.byId.get(SECTION.type);
  if (range !== undefined) {
    reader.window(range.start, range.end);
    reader.u32();
    writer.copy(reader.bytes, reader.position, range.end);
  }
  writer.u8(FUNCTION_FORM);
  writer.u32(0);
  writer.u32(0);
}

/** The guest's imports with lowered maxima, then yield, memory and flag. */
function writeImports(writer: ByteWriter, module: Declarations): void {
  const ownMemory = module.memory.source === 'own';
  writer.u32(module.imports.length + (ownMemory ? 3 : 2));
  let functions = 0;
  let tags = 0;
  for (const entry of module.imports) {
    writer.name(entry.module);
    writer.name(entry.name);
    writer.u8(KIND[entry.kind]);
    switch (entry.kind) {
      case 'function':
        writer.u32(module.functionTypes[functions++] as number);
        break;
      case 'table':
        writeTable(writer, entry.type);
        break;
      case 'memory':
        writeMemory(writer, entry.type);
        break;
      case 'global':
        writer.u8(valueTypeCode(entry.type.value));
        writer.u8(entry.type.mutable ? 1 : 0);
        break;
      case 'tag':
        writer.u8(0);
        writer.u32(module.tagTypes[tags++] as number);
    }
  }
  const put = (name: string, kind: number): void => {
    writer.name(HOST_MODULE);
    writer.name(name);
    writer.u8(kind);
  };
  put(YIELD_IMPORT, KIND.function);
  writer.u32(module.types.length);
  if (ownMemory) {
    put(MEMORY_IMPORT, KIND.memory);
    writeMemory(writer, module.memory);
  }
  put(FLAG_IMPORT, KIND.memory);
  writer.u8(SHARED_MIN_AND_MAX);
  writer.u32(FLAG_MEMORY_BYTES / PAGE_BYTES);
  writer.u32(FLAG_MEMORY_BYTES / PAGE_BYTES);
}

function writeTables(writer: ByteWriter, module: Declarations): void {
  const own = module.tables.filter((table) => !table.imported);
  writer.u32(own.length);
  for (const table of own) writeTable(writer, table);
}

function writeTable(writer: ByteWriter, { element, min, max }: TableType): void {
  writer.u8(valueTypeCode(element));
  writer.u8(MIN_AND_MAX);
  writer.u32(min);
  writer.u32(max);
}

function writeMemory(writer: ByteWriter, { minPages, maxPages }: MemoryType): void {
  writer.u8(MIN_AND_MAX);
  writer.u32(minPages);
  writer.u32(maxPages);
}

/** The type of each function of the guest's own, and that of `perigee.renew`. */
function writeFunctions(writer: ByteWriter, module: Declarations): void {
  const types = module.functionTypes.slice(module.importedFunctions);
  writer.u32(types.length + 1);
  for (const type of types) writer.u32(type);
  writer.u32(module.types.length);
}

/** Functions that are exported for the host, by their index in the rewritten module. */
function ownExports(module: Declarations, isRenewable: boolean): (readonly [name: string, index: number])[] {
  const own: (readonly [string, number])[] = [];
  // Called by the engine it could not be suspended.
  if (module.start !== undefined) own.push([START_EXPORT, module.start]);
  if (isRenewable) own.push([RENEW_EXPORT, module.functionTypes.length]);
  return own;
}

function writeExports(
  writer: ByteWriter,
  module: Declarations,
  own: readonly (readonly [name: string, index: number])[],
  renumber: (index: number) => number,
): void {
  writer.u32(module.exports.length + own.length);
  const put = (name: string, kind: number, index: number): void => {
    writer.name(name);
    writer.u8(kind);
    writer.u32(index);
  };
  for (const { name, kind, index } of module.exports) {
    put(name, EXTERNAL_KINDS.indexOf(kind), kind === 'function' ? renumber(index) : index);
  }
  for (const [name, index] of own) put(name, KIND.function, renumber(index));
}

/** What rewriting the bodies found out; the bodies stand one after the other in the writer. */
type RewrittenCode = Omit<Rewritten, 'bytes' | 'codeMap' | 'isRenewable'> & {
  readonly bodies: number;
  /** See {@link FunctionRewriter.sparesTablesAndSegments}. */
  readonly sparesTablesAndSegments: boolean;
  readonly map: CodeMapRecorder;
};

function rewriteCode(
  writer: ByteWriter,
  { reader, sections, limits }: Scan,
  module: Declarations,
  renumber: (index: number) => number,
  hints: BranchHintRecorder,
): RewrittenCode {
  const defined = module.functionTypes.length - module.importedFunctions;
  const range = sections.byId.get(SECTION.code);
  if (range === undefined) {
    if (defined > 0) throw reader.error('WASM_MALFORMED', `${defined} functions but no bodies`, reader.bytes.length);
    return {
      bodies: 0,
      checks: 0,
      functionEffort: 0,
      moduleEffort: 0,
      growsTables: false,
      sparesTablesAndSegments: false,
      map: new CodeMapRecorder(),
    };
  }
  reader.window(range.start, range.end);
  const bodies = reader.count(limits.maxFunctions, 'WASM_TOO_MANY_FUNCTIONS', 'function bodies');
  if (bodies !== defined) {
    throw reader.error('WASM_MALFORMED', `${defined} functions but ${bodies} bodies`, range.start);
  }
  const given = new GivenHints(reader.bytes, sections.branchHints);
  const rewriter = new FunctionRewriter(reader, module, limits, renumber, given, hints);
  let functionEffort = 0;
  let moduleEffort = 0;
  for (let index = module.importedFunctions; index < module.functionTypes.length; index++) {
    const type = module.types[module.functionTypes[index] as number] as FunctionType;
    const effort = rewriter.rewrite(index, type, writer);
    functionEffort = Math.max(functionEffort, effort);
    moduleEffort += effort;
    if (moduleEffort > limits.maxModuleEffort) {
      const message = `compiling the module takes more than ${limits.maxModuleEffort} units, reached`;
      throw reader.error('WASM_MODULE_TOO_COMPLEX', message);
    }
  }
  reader.expectEnd('the last function body');
  const { checks, growsTables, sparesTablesAndSegments, map } = rewriter;
  return { bodies, checks, functionEffort, moduleEffort, growsTables, sparesTablesAndSegments, map };
}
