/** What runs functions, whether in threads of this process or in processes of their own. */
import type { CpuProfile } from '../profile/index.ts';
import type { LoadOptions } from './compile/index.ts';
import type { CallOptions } from './open-call.ts';
import type { CallResult } from './result.ts';
import type { SandboxStats } from './stats.ts';

/** A module that was taken in. */
export interface LoadedFunction {
  /** `sha256:` and hex, of the binary as it was handed in. */
  readonly digest: string;
}

/** Implementations: `Sandbox`, and the two of `process/`. Errors by code are listed there. */
export interface FunctionSandbox {
  /** May hold up the thread, for about 10 ms a megabyte. */
  load(bytes: Uint8Array, options?: LoadOptions): LoadedFunction | Promise<LoadedFunction>;
  /** Holds up nothing, however large the module is. */
  loadAside(bytes: Uint8Array, options?: LoadOptions): Promise<LoadedFunction>;
  unload(module: LoadedFunction): void;
  /** Exactly one result for each call; rejects only for mistakes of the caller. */
  call(module: LoadedFunction, options: CallOptions): Promise<CallResult>;
  stats(): SandboxStats;
  /** Profiles what calls of `module` do for so long. */
  profile(module: LoadedFunction, durationMs: number, signal?: AbortSignal): Promise<CpuProfile>;
  /** Lets calls finish for up to `deadlineMs`, and ends everything. */
  close(deadlineMs?: number): Promise<void>;
}
