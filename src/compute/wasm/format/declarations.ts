import { quoted } from '../../../kernel/index.ts';
import type { ByteReader } from './byte-reader.ts';
import { type FunctionReferences, readConstantExpression } from './constant-expression.ts';
import type { ModuleLimits } from '../limits.ts';
import {
  type FunctionType,
  type GlobalType,
  HOST_MODULE,
  type MemoryType,
  type ModuleImport,
  type ModuleMemory,
  type ModuleTable,
  RENEW_EXPORT,
  START_EXPORT,
  type TableType,
  type ValueType,
} from '../module.ts';
import { type ByteRange, type Scan, SECTION, readVector } from './sections.ts';
import { readReferenceType, readValueType, refusedType } from './value-types.ts';

/** Specification constants. */
const FUNCTION_FORM = 0x60;
const MAX_PAGES = 65_536;
const LIMIT_HAS_MAX = 0x01;
const LIMIT_SHARED = 0x02;
const LIMIT_64_BIT = 0x04;
const LIMIT_PAGE_SIZE = 0x08;

/** Kinds of imports and exports, in the order of their codes. */
export const EXTERNAL_KINDS = ['function', 'table', 'memory', 'global', 'tag'] as const;

/** An export as it is written: its index counts what is imported first, as all indices do. */
export interface ExportEntry {
  readonly name: string;
  readonly kind: (typeof EXTERNAL_KINDS)[number];
  readonly index: number;
}

/** Everything a module declares before its code. Arrays are indexed as the module's index spaces. */
export interface Declarations {
  readonly types: FunctionType[];
  readonly imports: ModuleImport[];
  /** Type index of each function. */
  readonly functionTypes: number[];
  importedFunctions: number;
  readonly tables: ModuleTable[];
  memory: ModuleMemory;
  /** Type index of each tag. */
  readonly tagTypes: number[];
  readonly globals: GlobalType[];
  /** Where the initial values of the module's own globals stand, without the `end` of each. */
  readonly globalValues: ByteRange[];
  /** Function references in the initial values of globals. */
  globalReferences: FunctionReferences;
  readonly exports: ExportEntry[];
  start: number | undefined;
}

/**
 * Reads all sections but code, element and data segments and names.
 * @throws {WasmError} any code but those of code and segments
 */
export function readDeclarations(scan: Scan): Declarations {
  const module: Declarations = {
    types: [],
    imports: [],
    functionTypes: [],
    importedFunctions: 0,
    tables: [],
    memory: { source: 'none', minPages: 0, maxPages: 0 },
    tagTypes: [],
    globals: [],
    globalValues: [],
    globalReferences: [],
    exports: [],
    start: undefined,
  };
  readTypes(scan, module);
  readImports(scan, module);
  readDefinitions(scan, module);
  readExports(scan, module);
  readStart(scan, module);
  return module;
}

function readTypes({ reader, sections, limits }: Scan, module: Declarations): void {
  readVector(reader, sections, SECTION.type, limits.maxTypes, 'WASM_TOO_MANY_TYPES', 'types', () => {
    if (reader.u8() !== FUNCTION_FORM) throw refusedType(reader, reader.position - 1);
    const params = readTypeList(reader, limits);
    module.types.push({ params, results: readTypeList(reader, limits) });
  });
}

function readTypeList(reader: ByteReader, limits: ModuleLimits): ValueType[] {
  const count = reader.count(limits.maxParameters, 'WASM_TOO_MANY_PARAMETERS', 'parameters or results');
  const list: ValueType[] = [];
  for (let i = 0; i < count; i++) list.push(readValueType(reader));
  return list;
}

function readImports({ reader, sections, limits }: Scan, module: Declarations): void {
  readVector(reader, sections, SECTION.import, limits.maxImports, 'WASM_TOO_MANY_IMPORTS', 'imports', () => {
    const at = reader.position;
    const from = { module: reader.name(limits.maxNameBytes), name: reader.name(limits.maxNameBytes) };
    if (from.module === HOST_MODULE) {
      throw reader.error('WASM_RESERVED_NAME', `imports from ${quoted(HOST_MODULE)} are the host's`, at);
    }
    switch (reader.u8()) {
      case 0: {
        const type = readTypeIndex(reader, module);
        addFunction(reader, limits, module, type);
        module.importedFunctions++;
        module.imports.push({ ...from, kind: 'function', type: module.types[type] as FunctionType });
        return;
      }
      case 1: {
        const type = addTable(reader, limits, module, true);
        module.imports.push({ ...from, kind: 'table', type });
        return;
      }
      case 2: {
        const type = addMemory(reader, limits, module, 'imported');
        module.imports.push({ ...from, kind: 'memory', type });
        return;
      }
      case 3: {
        const type = addGlobal(reader, limits, module);
        module.imports.push({ ...from, kind: 'global', type });
        return;
      }
      case 4: {
        const type = addTag(reader, limits, module);
        module.imports.push({ ...from, kind: 'tag', type });
        return;
      }
      default:
        throw reader.error('WASM_MALFORMED', 'unknown kind of import', reader.position - 1);
    }
  });
}

/** Functions, tables, memories, tags and globals of the module's own. */
function readDefinitions({ reader, sections, limits }: Scan, module: Declarations): void {
  readVector(reader, sections, SECTION.function, limits.maxFunctions, 'WASM_TOO_MANY_FUNCTIONS', 'functions', () => {
    addFunction(reader, limits, module, readTypeIndex(reader, module));
  });
  readVector(reader, sections, SECTION.table, limits.maxTables, 'WASM_TOO_MANY_TABLES', 'tables', () => {
    addTable(reader, limits, module, false);
  });
  shareTableEntries(module, limits.maxTotalTableEntries);
  readVector(reader, sections, SECTION.memory, 1, 'WASM_UNSUPPORTED_FEATURE', 'memories', () => {
    addMemory(reader, limits, module, 'own');
  });
  readVector(reader, sections, SECTION.tag, limits.maxTags, 'WASM_TOO_MANY_TAGS', 'tags', () => {
    addTag(reader, limits, module);
  });
  readVector(reader, sections, SECTION.global, limits.maxGlobals, 'WASM_TOO_MANY_GLOBALS', 'globals', () => {
    addGlobal(reader, limits, module);
    const start = reader.position;
    readConstantExpression(reader, module.functionTypes.length, module.globalReferences);
    module.globalValues.push({ start, end: reader.position - 1 });
  });
}

function readExports({ reader, sections, limits }: Scan, module: Declarations): void {
  const names = new Set<string>();
  const counts = {
    function: module.functionTypes.length,
    table: module.tables.length,
    memory: module.memory.source === 'none' ? 0 : 1,
    global: module.globals.length,
    tag: module.tagTypes.length,
  };
  readVector(reader, sections, SECTION.export, limits.maxExports, 'WASM_TOO_MANY_EXPORTS', 'exports', () => {
    const at = reader.position;
    const name = reader.name(limits.maxNameBytes);
    if (names.has(name)) throw reader.error('WASM_DUPLICATE_EXPORT', `${quoted(name)} is exported twice`, at);
    if (name === START_EXPORT || name === RENEW_EXPORT)
      throw reader.error('WASM_RESERVED_NAME', `${quoted(name)} is the host's`, at);
    names.add(name);
    const kind = EXTERNAL_KINDS[reader.u8()];
    if (kind === undefined) throw reader.error('WASM_MALFORMED', 'unknown kind of export', reader.position - 1);
    module.exports.push({ name, kind, index: reader.index(counts[kind], kind) });
  });
}

function readStart({ reader, sections }: Scan, module: Declarations): void {
  const range = sections.byId.get(SECTION.start);
  if (range === undefined) return;
  reader.window(range.start, range.end);
  const start = reader.index(module.functionTypes.length, 'function');
  reader.expectEnd('the start function');
  // The engine would check this; once the function is only an export it no longer does.
  const type = module.types[module.functionTypes[start] as number] as FunctionType;
  if (type.params.length + type.results.length > 0) {
    throw reader.error('WASM_MALFORMED', 'the start function has parameters or results', range.start);
  }
  module.start = start;
}

function addFunction(reader: ByteReader, limits: ModuleLimits, module: Declarations, type: number): void {
  if (module.functionTypes.length >= limits.maxFunctions) {
    throw reader.error('WASM_TOO_MANY_FUNCTIONS', `more than ${limits.maxFunctions} functions`);
  }
  module.functionTypes.push(type);
}

function addTable(reader: ByteReader, limits: ModuleLimits, module: Declarations, imported: boolean): TableType {
  const at = reader.position;
  if (module.tables.length >= limits.maxTables) {
    throw reader.error('WASM_TOO_MANY_TABLES', `more than ${limits.maxTables} tables`, at);
  }
  if (reader.peek() === 0x40) {
    throw reader.error('WASM_UNSUPPORTED_FEATURE', 'typed function references (table initializers) are not supported');
  }
  const element = readReferenceType(reader);
  const { min, max } = readLimits(reader);
  if (min > limits.maxTableEntries) {
    throw reader.error('WASM_TABLE_TOO_LARGE', `a table of ${min} entries, at most ${limits.maxTableEntries},`, at);
  }
  const together = module.tables.reduce((sum, table) => sum + table.min, min);
  if (together > limits.maxTotalTableEntries) {
    const message = `tables of ${together} entries together, at most ${limits.maxTotalTableEntries},`;
    throw reader.error('WASM_TABLE_TOO_LARGE', message, at);
  }
  const type = { element, min, max: Math.min(max ?? limits.maxTableEntries, limits.maxTableEntries) };
  module.tables.push({ ...type, imported });
  return type;
}

/** Lowers the maxima of the module's own tables until all tables together stay within `total`: they share the room evenly. */
function shareTableEntries(module: Declarations, total: number): void {
  let room = total;
  for (const { min, max, imported } of module.tables) room -= imported ? max : min;
  const own = [...module.tables.entries()].filter(([, { imported }]) => !imported);
  // Who wants least comes first: what it leaves is for the others.
  own.sort(([, a], [, b]) => a.max - a.min - (b.max - b.min));
  for (const [order, [index, table]] of own.entries()) {
    const share = Math.max(0, Math.floor(room / (own.length - order)));
    const growth = Math.max(0, Math.min(table.max - table.min, share));
    room -= growth;
    module.tables[index] = { ...table, max: table.min + growth };
  }
}

function addMemory(
  reader: ByteReader,
  limits: ModuleLimits,
  module: Declarations,
  source: 'own' | 'imported',
): MemoryType {
  const at = reader.position;
  if (module.memory.source !== 'none') {
    throw reader.error('WASM_UNSUPPORTED_FEATURE', 'multiple memories are not supported', at);
  }
  const { min, max } = readLimits(reader);
  if (min > MAX_PAGES || (max ?? 0) > MAX_PAGES) {
    throw reader.error('WASM_MALFORMED', `a memory of more than ${MAX_PAGES} pages`, at);
  }
  if (min > limits.maxMemoryPages) {
    throw reader.error('WASM_MEMORY_TOO_LARGE', `a memory of ${min} pages, at most ${limits.maxMemoryPages},`, at);
  }
  const type = { minPages: min, maxPages: Math.min(max ?? limits.maxMemoryPages, limits.maxMemoryPages) };
  module.memory = { ...type, source };
  return type;
}

function addTag(reader: ByteReader, limits: ModuleLimits, module: Declarations): FunctionType {
  if (module.tagTypes.length >= limits.maxTags) {
    throw reader.error('WASM_TOO_MANY_TAGS', `more than ${limits.maxTags} tags`);
  }
  if (reader.u8() !== 0) throw reader.error('WASM_MALFORMED', 'unknown attribute of a tag', reader.position - 1);
  const index = readTypeIndex(reader, module);
  module.tagTypes.push(index);
  return module.types[index] as FunctionType;
}

function addGlobal(reader: ByteReader, limits: ModuleLimits, module: Declarations): GlobalType {
  if (module.globals.length >= limits.maxGlobals) {
    throw reader.error('WASM_TOO_MANY_GLOBALS', `more than ${limits.maxGlobals} globals`);
  }
  const value = readValueType(reader);
  const mutability = reader.u8();
  if (mutability > 1) throw reader.error('WASM_MALFORMED', 'unknown mutability of a global', reader.position - 1);
  const type = { value, mutable: mutability === 1 };
  module.globals.push(type);
  return type;
}

function readLimits(reader: ByteReader): { min: number; max: number | undefined } {
  const at = reader.position;
  const flags = reader.u8();
  const refused =
    flags > (LIMIT_HAS_MAX | LIMIT_SHARED | LIMIT_64_BIT | LIMIT_PAGE_SIZE)
      ? undefined
      : (flags & LIMIT_PAGE_SIZE) !== 0
        ? 'custom page sizes'
        : (flags & LIMIT_64_BIT) !== 0
          ? '64-bit memories and tables'
          : 'shared memories and threads';
  if (flags > LIMIT_HAS_MAX) {
    throw refused === undefined
      ? reader.error('WASM_MALFORMED', `unknown limit flags 0x${flags.toString(16)}`, at)
      : reader.error('WASM_UNSUPPORTED_FEATURE', `${refused} are not supported`, at);
  }
  const min = reader.u32();
  const max = flags === LIMIT_HAS_MAX ? reader.u32() : undefined;
  if (max !== undefined && max < min) {
    throw reader.error('WASM_MALFORMED', `the maximum ${max} is below the minimum ${min}`, at);
  }
  return { min, max };
}

function readTypeIndex(reader: ByteReader, module: Declarations): number {
  return reader.index(module.types.length, 'type');
}
