/**
 * The part of the engine's WebAssembly interface that Perigee uses, typed: the configured TypeScript libraries declare none of it.
 */

/** A linear memory; `buffer` is another one after each growth. */
export interface WasmMemory {
  readonly buffer: ArrayBuffer;
}

/** A table of functions. */
export interface WasmTable {
  readonly set: (index: number, value: unknown) => void;
}

/** Compiled code; may be posted to other threads of this process. */
export interface WasmModule {
  readonly [Symbol.toStringTag]: 'WebAssembly.Module';
}

/** One instance with its exports by name. */
export interface WasmInstance {
  readonly exports: Readonly<Record<string, unknown>>;
}

/** Import objects: module name → name → value. */
export type WasmImports = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** The `WebAssembly` object of the engine. */
export interface WasmEngine {
  readonly Module: new (bytes: Uint8Array) => WasmModule;
  readonly Instance: new (module: WasmModule, imports: WasmImports) => WasmInstance;
  readonly Memory: new (limits: { initial: number; maximum: number; shared?: boolean }) => WasmMemory;
  /** A guest function that may be suspended: returns a promise of its result. */
  readonly promising: (guestFunction: unknown) => (...args: number[]) => Promise<unknown>;
  /** An import during which the guest is suspended while the returned promise is open. */
  readonly Suspending: new (
    hostFunction: (...args: number[]) => unknown,
  ) => object;
}

/** The engine of this process. */
export const wasm: WasmEngine = Reflect.get(globalThis, 'WebAssembly') as WasmEngine;
