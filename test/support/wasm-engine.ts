import { createRequire } from 'node:module';
import {
  FLAG_IMPORT,
  HOST_MODULE,
  MEMORY_IMPORT,
  type PreparedModule,
  YIELD_IMPORT,
} from '../../src/compute/wasm/index.ts';
import { concat, utf8 } from '../../src/kernel/index.ts';

type Constructor<T, A extends unknown[]> = new (...args: A) => T;

export interface EngineMemory {
  readonly buffer: ArrayBuffer | SharedArrayBuffer;
  readonly grow: (pages: number) => number;
}

export interface EngineTable {
  readonly length: number;
  readonly get: (index: number) => unknown;
  readonly grow: (entries: number) => number;
}

export interface EngineGlobal {
  value: unknown;
}

/** The part of the engine's interface that tests use; the configured libraries do not declare it. */
export interface Engine {
  readonly validate: (bytes: Uint8Array) => boolean;
  readonly Module: Constructor<object, [bytes: Uint8Array]> & {
    readonly imports: (module: object) => { module: string; name: string; kind: string }[];
    readonly exports: (module: object) => { name: string; kind: string }[];
  };
  readonly Instance: Constructor<{ readonly exports: Record<string, unknown> }, [module: object, imports: Imports]>;
  readonly Memory: Constructor<EngineMemory, [type: { initial: number; maximum: number; shared?: boolean }]>;
  readonly Table: Constructor<EngineTable, [type: { element: string; initial: number; maximum: number }]>;
  readonly Global: Constructor<
    EngineGlobal,
    [type: { readonly value: string; readonly mutable: boolean }, value: unknown]
  >;
  readonly Tag: Constructor<object, [type: { parameters: string[] }]>;
  readonly Suspending: Constructor<object, [hostFunction: () => Promise<void>]>;
  readonly promising: (guestFunction: unknown) => () => Promise<unknown>;
}

export type Imports = Record<string, Record<string, unknown>>;

export const engine: Engine = Reflect.get(globalThis, 'WebAssembly') as Engine;

interface Wabt {
  readonly parseWat: (
    name: string,
    text: string,
    features: Record<string, boolean>,
  ) => { toBinary: (options: { write_debug_names: boolean }) => { buffer: Uint8Array }; destroy: () => void };
}

const wabt = await (createRequire(import.meta.url)('wabt') as () => Promise<Wabt>)();
const FEATURES = Object.fromEntries(
  `exceptions mutable_globals sat_float_to_int sign_extension simd multi_value tail_call bulk_memory reference_types
   extended_const relaxed_simd threads memory64 multi_memory`
    .split(/\s+/)
    .map((name) => [name, true]),
);

/** The module that `text` describes; `names` keeps a name section. */
export function assemble(text: string, names = false): Uint8Array<ArrayBuffer> {
  const module = wabt.parseWat('test.wat', text, FEATURES);
  try {
    return Uint8Array.from(module.toBinary({ write_debug_names: names }).buffer);
  } finally {
    module.destroy();
  }
}

/** A running rewritten module and what the host supplied to it. */
export interface Guest {
  readonly exports: Record<string, unknown>;
  readonly memory: EngineMemory | undefined;
  readonly flag: Int32Array;
  /** How often the guest called yield. */
  readonly yields: () => number;
}

/** Instantiates `prepared` with `imports` and runs its start function; `onYield` runs when the flag was seen. */
export function run(prepared: PreparedModule, imports: Imports = {}, onYield: () => void = () => {}): Guest {
  const { minPages: initial, maxPages: maximum, source } = prepared.memory;
  const memory = source === 'own' ? new engine.Memory({ initial, maximum }) : undefined;
  const flag = new engine.Memory({ initial: 1, maximum: 1, shared: true });
  let yields = 0;
  const host = {
    [YIELD_IMPORT]: () => {
      yields++;
      onYield();
    },
    [FLAG_IMPORT]: flag,
    ...(memory === undefined ? {} : { [MEMORY_IMPORT]: memory }),
  };
  const { exports } = new engine.Instance(new engine.Module(prepared.bytes), { ...imports, [HOST_MODULE]: host });
  const guest = { exports, memory, flag: new Int32Array(flag.buffer), yields: () => yields };
  if (prepared.renewExport !== undefined) call(guest, prepared.renewExport);
  if (prepared.startExport !== undefined) call(guest, prepared.startExport);
  return guest;
}

/**
 * Makes `guest` what it was at first, the start function run; false when `prepared` is not a module that can be renewed, or
 * its memory has grown.
 */
export function renew(guest: Guest, { memory, renewExport, startExport }: PreparedModule): boolean {
  if (renewExport === undefined) return false;
  const bytes = new Uint8Array(guest.memory?.buffer ?? new ArrayBuffer(0));
  if (bytes.length !== memory.minPages * 65_536) return false;
  bytes.fill(0);
  call(guest, renewExport);
  if (startExport !== undefined) call(guest, startExport);
  return true;
}

/** Calls the export `name` of `guest`. */
export function call(guest: { exports: Record<string, unknown> }, name: string, ...args: unknown[]): unknown {
  return (guest.exports[name] as (...args: unknown[]) => unknown)(...args);
}

/** The LEB128 form of a natural number below 2^32. */
export function leb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 0x7f) {
    bytes.push((rest % 128) | 0x80);
    rest = Math.floor(rest / 128);
  }
  return [...bytes, rest];
}

/** A section with the given contents. */
export function section(id: number, ...contents: (number | readonly number[] | Uint8Array)[]): Uint8Array {
  const body = concat(...contents.map((part) => Uint8Array.from(typeof part === 'number' ? [part] : part)));
  return concat(Uint8Array.from([id, ...leb(body.length)]), body);
}

/** A module of the given sections. */
export function moduleOf(...sections: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(concat(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0), ...sections));
}

/** A name with its length before it. */
export function name(text: string): number[] {
  const bytes = utf8(text);
  return [...leb(bytes.length), ...bytes];
}

/** `count` times `code`. */
export function times(count: number, code: readonly number[]): number[] {
  return Array.from({ length: count }, () => code).flat();
}
