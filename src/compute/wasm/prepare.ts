import {
  ByteReader,
  type Declarations,
  type ExportEntry,
  readDeclarations,
  readSections,
  type Scan,
} from './format/index.ts';
import { FLAG_MEMORY_BYTES } from './code/index.ts';
import { DEFAULT_MODULE_LIMITS, type ModuleLimits } from './limits.ts';
import { type ExternalType, type PreparedModule, RENEW_EXPORT, START_EXPORT } from './module.ts';
import { rewriteModule } from './rewrite.ts';

/** Ours: what the engine takes for an instance, and for each part of it; measured, and rounded up. */
const INSTANCE_BYTES = 2048;
const FUNCTION_BYTES = 16;
const EXPORT_BYTES = 400;
const GLOBAL_BYTES = 16;

/**
 * Checks that a module stays within `limits` and uses only what is allowed, and rewrites it so that the host owns its
 * memory and can take the thread back from it at any time (`wasm.md` §3 to §5).
 *
 * The engine still checks types when it compiles the result; rewriting never makes a module valid that was not
 * (but for one case, `wasm.md` §5.4).
 *
 * @param bytes the module; not changed, not kept, and not to be changed meanwhile
 * @param moduleName what the engine calls the module, in place of what it says itself: at most 100 letters and digits
 * @throws {WasmError} any of its codes, with the offset of the fault
 * @throws {RangeError} for limits that no module format has
 */
export function prepareModule(
  bytes: Uint8Array,
  limits: ModuleLimits = DEFAULT_MODULE_LIMITS,
  moduleName?: string,
): PreparedModule {
  checkLimits(limits);
  const reader = new ByteReader(bytes);
  if (bytes.length > limits.maxModuleBytes) {
    const message = `a module of ${bytes.length} bytes, at most ${limits.maxModuleBytes} are allowed, ends`;
    throw reader.error('WASM_MODULE_TOO_LARGE', message, bytes.length);
  }
  const scan: Scan = { reader, sections: readSections(reader), limits };
  const module = readDeclarations(scan);
  const rewritten = rewriteModule(scan, module, moduleName);
  return {
    bytes: rewritten.bytes,
    imports: module.imports,
    exports: module.exports.map((entry) => ({ name: entry.name, ...externalType(entry, module) })),
    memory: module.memory,
    tables: module.tables,
    ...(module.start === undefined ? {} : { startExport: START_EXPORT }),
    ...(rewritten.isRenewable && { renewExport: RENEW_EXPORT }),
    sizes: {
      originalBytes: bytes.length,
      rewrittenBytes: rewritten.bytes.length,
      functions: module.functionTypes.length,
      checks: rewritten.checks,
      functionEffort: rewritten.functionEffort,
      moduleEffort: rewritten.moduleEffort,
      tableEntries: module.tables.reduce((sum, { min, max }) => sum + (rewritten.growsTables ? max : min), 0),
      instanceBytes:
        INSTANCE_BYTES +
        module.functionTypes.length * FUNCTION_BYTES +
        module.exports.length * EXPORT_BYTES +
        module.globals.length * GLOBAL_BYTES,
    },
    codeMap: rewritten.codeMap,
  };
}

function externalType({ kind, index }: ExportEntry, module: Declarations): ExternalType {
  switch (kind) {
    case 'function':
      return { kind, type: at(module.types, at(module.functionTypes, index)) };
    case 'table':
      return { kind, type: at(module.tables, index) };
    case 'memory':
      return { kind, type: module.memory };
    case 'global':
      return { kind, type: at(module.globals, index) };
    default:
      return { kind, type: at(module.types, at(module.tagTypes, index)) };
  }
}

/** An entry whose index was checked when it was read. */
function at<T>(list: readonly T[], index: number): T {
  return list[index] as T;
}

function checkLimits(limits: ModuleLimits): void {
  for (const [name, value] of Object.entries(limits) as [keyof ModuleLimits, number][]) {
    if (!Number.isSafeInteger(value) || value < 0)
      throw new RangeError(`limits.${name} is not a natural number: ${value}`);
  }
  if (limits.flagOffset % 4 !== 0 || limits.flagOffset >= FLAG_MEMORY_BYTES) {
    throw new RangeError(`limits.flagOffset is not a multiple of 4 below ${FLAG_MEMORY_BYTES}: ${limits.flagOffset}`);
  }
}
