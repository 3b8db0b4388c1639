/**
 * The sandbox: runs compiled functions in threads, each call in an instance as new, within limits, with the capabilities it got.
 *
 * Specification: `docs/sandbox.md`; what a guest sees: `docs/protocol/runnable-abi.md`. Layer 2.
 * Read: sandbox.ts, result.ts, limits.ts; then a call inside its thread: guest/thread.ts and what it imports.
 * Invariants: every call gets exactly one result; a guest reaches nothing but its imports; a suspended guest is resumed or
 * rejected, never forgotten; every wait has a deadline and every queue a bound; nothing of one call is there in the next.
 * Tests: beside the files, those of the whole in this folder.
 */
export type { FunctionSandbox, LoadedFunction } from './contract.ts';
export { Callers } from './admission/index.ts';
export type { FunctionStatistics, HistogramSnapshot } from '../metrics/index.ts';
export type { CpuProfile } from '../profile/index.ts';
export { SandboxError, type SandboxErrorCode } from './errors.ts';
export { ensureSandboxFlags, sandboxFlags } from './flags.ts';
export { type CallLimits, DEFAULT_CALL_LIMITS, type SandboxLimits, defaultSandboxLimits } from './limits.ts';
export type { LoadOptions, SandboxModule } from './compile/index.ts';
export type { CallOptions } from './open-call.ts';
export { type GrantedDirectory, WasiError, type WasiErrorCode, type WasiGrant } from '../wasi/host/index.ts';
export {
  type CallResult,
  describeFailure,
  type Failure,
  type FailureCode,
  type GuestError,
  type Output,
  type Usage,
} from './result.ts';
export { Sandbox, type SandboxOptions } from './sandbox.ts';
export type { SandboxStats, ThreadStats } from './stats.ts';
export { describeStack, type WasmFrame } from './wasm-stack.ts';
