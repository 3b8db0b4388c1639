/** Modules as the sandbox holds them: rewritten, compiled once, ready for every thread. */
import { createHash } from 'node:crypto';
import { type GuestProfile, type MethodNumbering, type WasmModule, profileOf, wasm } from '../../abi/index.ts';
import { type CodeMap, DEFAULT_MODULE_LIMITS, type ModuleLimits, prepareModule } from '../../wasm/index.ts';
import { SandboxError } from '../errors.ts';

const PAGE = 65_536;

/** How a module is taken in. */
export interface LoadOptions {
  /** Bounds of the binary itself; the memory cap of the sandbox is applied on top. */
  readonly limits?: Partial<Omit<ModuleLimits, 'flagOffset'>>;
  /** Overrides what was found out about the numbers of HTTP methods (`runnable-abi.md` §9). */
  readonly methodNumbering?: MethodNumbering;
  /** Whose module it is: a sandbox of processes runs each tenant in its own. */
  readonly tenant?: string;
}

/** A loaded module; what it is called with is its own business. */
export interface SandboxModule {
  /** `sha256:` and hex, of the binary as it was handed in. */
  readonly digest: string;
  readonly profile: GuestProfile;
  /** Initial and largest size of its memory, bytes. */
  readonly memory: { readonly initialBytes: number; readonly maxBytes: number };
  /** Entries that its tables may have together. */
  readonly tableEntries: number;
}

/** What the sandbox itself needs of a module. */
export interface CompiledModule extends SandboxModule {
  readonly code: WasmModule;
  /** The export that makes an instance new again, see `PreparedModule.renewExport`. */
  readonly renewExport: string | undefined;
  /** See `ModuleSizes.instanceBytes`. */
  readonly instanceBytes: number;
  readonly codeMap: CodeMap;
}

/**
 * Rewrites, compiles and examines `bytes`.
 * @throws {WasmError} what `prepareModule` throws; {AbiError} what `profileOf` throws; {SandboxError} SANDBOX_COMPILE
 */
export function compileModule(bytes: Uint8Array, memoryBytes: number, options: LoadOptions): CompiledModule {
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  const cap = Math.max(1, Math.floor(memoryBytes / PAGE));
  const limits = {
    ...DEFAULT_MODULE_LIMITS,
    ...options.limits,
    maxMemoryPages: Math.min(options.limits?.maxMemoryPages ?? cap, cap),
    // The word that the ticker of every thread raises.
    flagOffset: DEFAULT_MODULE_LIMITS.flagOffset,
  };
  const prepared = prepareModule(bytes, limits, engineName(digest));
  const profile = profileOf(bytes, prepared, {
    startExport: prepared.startExport,
    methodNumbering: options.methodNumbering,
  });
  return {
    digest,
    profile,
    memory: { initialBytes: prepared.memory.minPages * PAGE, maxBytes: prepared.memory.maxPages * PAGE },
    tableEntries: prepared.sizes.tableEntries,
    instanceBytes: prepared.sizes.instanceBytes,
    code: compile(prepared.bytes),
    renewExport: prepared.renewExport,
    codeMap: prepared.codeMap,
  };
}

/** How the engine calls a module in its profiles, whatever it calls itself: by the start of its digest. */
export function engineName(digest: string): string {
  return digest.replace(':', '').slice(0, 32);
}

function compile(bytes: Uint8Array): WasmModule {
  try {
    return new wasm.Module(bytes);
  } catch (cause) {
    throw new SandboxError('SANDBOX_COMPILE', 'the engine does not accept the module', { cause });
  }
}
