import type { CodeMap } from './code/index.ts';

/** Names the host and a rewritten module agree on (`wasm.md` §5). */
export const HOST_MODULE = 'perigee';
export const MEMORY_IMPORT = 'memory';
export const FLAG_IMPORT = 'flag';
export const YIELD_IMPORT = 'yield';
/** Export name given to the former start function. */
export const START_EXPORT = 'perigee.start';
/** Export name of the function that makes an instance new again. */
export const RENEW_EXPORT = 'perigee.renew';

/** Type of a value, spelled as in the text format. */
export type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128' | 'funcref' | 'externref' | 'exnref';

/** Type of what a table holds. */
export type ReferenceType = Extract<ValueType, 'funcref' | 'externref' | 'exnref'>;

/** Parameters and results of a function; of a tag, the parameters are its payload. */
export interface FunctionType {
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
}

/** A table; `max` is never above the cap. */
export interface TableType {
  readonly element: ReferenceType;
  readonly min: number;
  readonly max: number;
}

/** A memory in pages of 64 KiB; `maxPages` is never above the cap. */
export interface MemoryType {
  readonly minPages: number;
  readonly maxPages: number;
}

export interface GlobalType {
  readonly value: ValueType;
  readonly mutable: boolean;
}

/** What is imported or exported, and its type. */
export type ExternalType =
  | { readonly kind: 'function'; readonly type: FunctionType }
  | { readonly kind: 'table'; readonly type: TableType }
  | { readonly kind: 'memory'; readonly type: MemoryType }
  | { readonly kind: 'global'; readonly type: GlobalType }
  | { readonly kind: 'tag'; readonly type: FunctionType };

/** One import of the guest's own; those the rewriting adds are not listed. */
export type ModuleImport = ExternalType & { readonly module: string; readonly name: string };

/** One export of the guest's own; the exported start function is not listed. */
export type ModuleExport = ExternalType & { readonly name: string };

/**
 * Where the guest's memory comes from. `own`: the guest had defined it, and the host must now supply it as
 * `perigee.memory`; `imported`: the guest imports it under a name of its own; `none`: both page counts are 0.
 */
export interface ModuleMemory extends MemoryType {
  readonly source: 'own' | 'imported' | 'none';
}

/** One table; an imported one must be supplied with a maximum that is not above `max`. */
export interface ModuleTable extends TableType {
  readonly imported: boolean;
}

/** How large the module is and what was put into it. */
export interface ModuleSizes {
  readonly originalBytes: number;
  readonly rewrittenBytes: number;
  /** Functions, imported ones included, the added one not. */
  readonly functions: number;
  /** Flag checks that were put in. */
  readonly checks: number;
  /** Largest compile effort of one function, and of all together (`wasm.md` §4.2). */
  readonly functionEffort: number;
  readonly moduleEffort: number;
  /** Entries that its tables may have together: as many as they begin with when no instruction makes one larger. */
  readonly tableEntries: number;
  /** What an instance takes of the engine's heap beside its tables, bytes, estimated. */
  readonly instanceBytes: number;
}

/** A module that may be compiled. Plain data: it can be posted to a worker. */
export interface PreparedModule {
  /** The rewritten module, a new array that the caller owns. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly imports: readonly ModuleImport[];
  readonly exports: readonly ModuleExport[];
  readonly memory: ModuleMemory;
  readonly tables: readonly ModuleTable[];
  /** Name of the export to call once before any other, present when the module had a start function. */
  readonly startExport?: typeof START_EXPORT;
  /**
   * Name of the export that makes an instance whose memory is all zeroes, and as large as at first, what a new one is. When
   * it is there, it is also to be called after instantiation, before anything else (`wasm.md` §5.7).
   */
  readonly renewExport?: typeof RENEW_EXPORT;
  readonly sizes: ModuleSizes;
  /** Leads from places in the rewritten code, as traps name them, to the original. */
  readonly codeMap: CodeMap;
}
