/** What a module may ask for. Every field is inclusive; `wasm.md` §4 gives the reasons. */
export interface ModuleLimits {
  /** Length of the module as it arrives, bytes. */
  readonly maxModuleBytes: number;
  /** Length of the module after rewriting, bytes: a module of nothing but loops grows about sixfold. */
  readonly maxRewrittenBytes: number;
  /** Length of one import or export name, bytes of UTF-8. */
  readonly maxNameBytes: number;
  readonly maxTypes: number;
  /** Parameters of one function type, and separately its results. */
  readonly maxParameters: number;
  readonly maxImports: number;
  /** Functions, imported ones included. */
  readonly maxFunctions: number;
  /** Tables, imported ones included. */
  readonly maxTables: number;
  /** Entries of one table: a larger minimum is refused, a larger maximum is lowered to this. */
  readonly maxTableEntries: number;
  /** Entries of all tables together: larger minima are refused, maxima are lowered until they fit, evenly. */
  readonly maxTotalTableEntries: number;
  /** Pages of 64 KiB of the memory: a larger minimum is refused, a larger maximum is lowered to this. */
  readonly maxMemoryPages: number;
  /** Exception tags, imported ones included. */
  readonly maxTags: number;
  /** Globals, imported ones included. */
  readonly maxGlobals: number;
  readonly maxExports: number;
  readonly maxElementSegments: number;
  /** Entries of all element segments together. */
  readonly maxElements: number;
  readonly maxDataSegments: number;
  /** Locals of one function, parameters included. */
  readonly maxLocals: number;
  /** Length of one function body, bytes. */
  readonly maxFunctionBytes: number;
  /** Blocks open at the same place of one function. */
  readonly maxBlockDepth: number;
  /** Compile effort of one function in the units of `wasm.md` §4.2; one unit is 3 to 30 ns of compilation that nothing can interrupt. */
  readonly maxFunctionEffort: number;
  /** Compile effort of all functions together. */
  readonly maxModuleEffort: number;
  /** Offset of the flag word in the flag memory, bytes: a multiple of 4 below 65536, so that threads may share one memory. */
  readonly flagOffset: number;
}

/** The limits when nobody says otherwise: real programs of 14 MB fit, nothing that stalls or starves a host does. */
export const DEFAULT_MODULE_LIMITS: ModuleLimits = {
  maxModuleBytes: 32 << 20,
  maxRewrittenBytes: 64 << 20,
  maxNameBytes: 4096,
  maxTypes: 10_000,
  maxParameters: 128,
  maxImports: 2_000,
  maxFunctions: 100_000,
  maxTables: 8,
  maxTableEntries: 65_536,
  maxTotalTableEntries: 131_072,
  maxMemoryPages: 1024,
  maxTags: 1_000,
  maxGlobals: 10_000,
  maxExports: 10_000,
  maxElementSegments: 10_000,
  maxElements: 200_000,
  maxDataSegments: 100_000,
  maxLocals: 50_000,
  maxFunctionBytes: 1 << 20,
  maxBlockDepth: 10_000,
  maxFunctionEffort: 8_000_000,
  maxModuleEffort: 500_000_000,
  flagOffset: 0,
};
