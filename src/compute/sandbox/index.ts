/**
 * The sandbox: runs compiled functions in threads, each call in a fresh instance, within limits, with the capabilities it got.
 *
 * Specification: `docs/sandbox.md`; what a guest sees: `docs/protocol/runnable-abi.md`. Layer 2.
 * Read: sandbox.ts, result.ts, limits.ts; then a call inside its thread: thread.ts, scheduler.ts, guest-task.ts, guest-slot.ts.
 * Invariants: every call gets exactly one result; a guest reaches nothing but its imports; a suspended guest is resumed or
 * rejected, never forgotten; every wait has a deadline and every queue a bound; nothing of one call is there in the next.
 * Tests: beside the files; guests in text form are in `testdata/`.
 */
export { SandboxError, type SandboxErrorCode } from './errors.ts';
export { ensureSandboxFlags, sandboxFlags } from './flags.ts';
export { type CallLimits, DEFAULT_CALL_LIMITS, type SandboxLimits, defaultSandboxLimits } from './limits.ts';
export type { LoadOptions, SandboxModule } from './module.ts';
export type { CallOptions } from './open-call.ts';
export type { CallResult, Failure, FailureCode, GuestError, Output, Usage } from './result.ts';
export { Sandbox, type SandboxOptions } from './sandbox.ts';
export type { SandboxStats, ThreadStats } from './stats.ts';
