/**
 * WebAssembly modules made safe to run: checked before the engine sees them, rewritten so that the host owns the memory
 * and every loop and function asks whether it must yield. Specification: `docs/protocol/wasm.md`. Layer 2, no input or output.
 * Read: prepare.ts, format/ (the module format: bytes, sections, declarations), rewrite.ts, code/ (function bodies and their checks), renewal.ts.
 * Invariants: bytes in, bytes out; any bytes give a `WasmError` or a module; a module that was invalid stays invalid;
 * the guest can reach neither the flag memory nor `perigee.yield`; only listed opcodes pass.
 * Tests: here and beside each file; `differential.test.ts` runs guests before and after, `kill.test.ts` stops runaway ones.
 */
export { type CodeMap, originalFunction, originalOffset } from './code/index.ts';
export { WasmError, type WasmErrorCode } from './errors.ts';
export { DEFAULT_MODULE_LIMITS, type ModuleLimits } from './limits.ts';
export {
  type ExternalType,
  FLAG_IMPORT,
  type FunctionType,
  type GlobalType,
  HOST_MODULE,
  MEMORY_IMPORT,
  type MemoryType,
  type ModuleExport,
  type ModuleImport,
  type ModuleMemory,
  type ModuleSizes,
  type ModuleTable,
  type PreparedModule,
  type ReferenceType,
  RENEW_EXPORT,
  START_EXPORT,
  type TableType,
  type ValueType,
  YIELD_IMPORT,
} from './module.ts';
export { readFunctionNames } from './format/index.ts';
export { readImports } from './imports.ts';
export { prepareModule } from './prepare.ts';
