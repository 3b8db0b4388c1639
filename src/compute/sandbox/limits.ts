/** What guests may use (`docs/sandbox.md` §2). */
import { availableParallelism, totalmem } from 'node:os';
import { quoted } from '../../kernel/index.ts';
import { DEFAULT_HANDLES } from '../wasi/host/index.ts';
import { DEFAULT_MODULE_LIMITS } from '../wasm/index.ts';
import { SandboxError } from './errors.ts';

/** Limits of one call. The host may lower and raise each for a single call; what a function declares itself only lowers. */
export interface CallLimits {
  /** From `call()` to the result, waiting included. */
  readonly deadlineMs: number;
  /** Time spent running in the guest and the host functions it calls. */
  readonly cpuMs: number;
  /** Largest linear memory; the sandbox's own cap when that is smaller. */
  readonly memoryBytes: number;
  /** Entries that the tables of the guest may have together; a module that could have more is not run. */
  readonly tableEntries: number;
  /** Largest result, and largest sum of what the guest stores in its request and response headers. */
  readonly outputBytes: number;
  /** Largest argument of a host function, and largest answer to it. */
  readonly argumentBytes: number;
  /** Host functions a second, and as many at once. */
  readonly hostCallsPerSecond: number;
  /** What one call may write to the log; the rest is counted and dropped. */
  readonly logBytes: number;
  /** Files and directories that may be open at once, those that were granted aside. */
  readonly handles: number;
}

/** Limits of a sandbox. */
export interface SandboxLimits {
  /** Threads that run guests, at most. */
  readonly threads: number;
  /** Threads that are there however little there is to do; `threads` when that is smaller. */
  readonly minThreads: number;
  /** How long a thread above `minThreads` may have nothing to do before it is ended. */
  readonly threadIdleMs: number;
  /** Cap of one guest's linear memory. */
  readonly memoryBytes: number;
  /** Cap of all guests' linear memory together, with 64 KiB for the stack of each. */
  readonly totalMemoryBytes: number;
  /** Calls of one module in flight. */
  readonly concurrency: number;
  /** Calls of one caller in flight, over all modules; calls that name no caller are not counted. */
  readonly callerConcurrency: number;
  /** Calls of one module that wait for their turn; above it they are refused. */
  readonly queue: number;
  /** Calls of all modules in flight: each holds 8 GiB of address space. */
  readonly totalConcurrency: number;
  /** Bodies and states of all calls that have no result, in line and in flight; above it calls are refused. */
  readonly inputBytes: number;
  /** What the whole process may hold in memory; above it calls are refused as long as others are in flight. */
  readonly residentBytes: number;
  /** Answers of capabilities that are being waited for. */
  readonly openHostCalls: number;
  /** How often a running guest is asked to give way; a slice lasts one to two of these. */
  readonly sliceMs: number;
  /** A thread that stays in one slice for so long is ended and replaced. */
  readonly stallMs: number;
}

const MiB = 1 << 20;
/** Ours: what a process may hold, as a part of what there is; and at least, since one with two threads and no calls takes 200 MiB. */
const RESIDENT_SHARE = 0.8;
const LEAST_RESIDENT_BYTES = 384 * MiB;

/** Limits of a call when nobody says otherwise. */
export const DEFAULT_CALL_LIMITS: CallLimits = {
  deadlineMs: 30_000,
  cpuMs: 5_000,
  memoryBytes: 4096 * MiB,
  tableEntries: DEFAULT_MODULE_LIMITS.maxTotalTableEntries,
  outputBytes: 16 * MiB,
  argumentBytes: 16 * MiB,
  hostCallsPerSecond: 10_000,
  logBytes: MiB,
  handles: DEFAULT_HANDLES,
};

/** Limits of a sandbox when nobody says otherwise, on this machine. */
export function defaultSandboxLimits(): SandboxLimits {
  return {
    threads: availableParallelism(),
    minThreads: 1,
    threadIdleMs: 10_000,
    memoryBytes: 128 * MiB,
    totalMemoryBytes: Math.floor(machineBytes() / 2),
    concurrency: 1024,
    callerConcurrency: 512,
    queue: 1024,
    totalConcurrency: 8_000,
    inputBytes: 256 * MiB,
    residentBytes: Math.max(LEAST_RESIDENT_BYTES, Math.floor(machineBytes() * RESIDENT_SHARE)),
    openHostCalls: 8_000,
    sliceMs: 2,
    stallMs: 2_000,
  };
}

/** Memory of this machine, or of the control group of this process where that has less; bytes. */
function machineBytes(): number {
  // 0, or more than there is, when nothing constrains it.
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(totalmem(), constrained) : totalmem();
}

/**
 * `defaults` with `changes` on top.
 * @throws {SandboxError} SANDBOX_BAD_LIMIT when a value is not a positive finite number (`queue` may be 0).
 */
export function withLimits<L extends object>(defaults: L, changes: Partial<L> | undefined): L {
  if (changes === undefined) return defaults;
  for (const name of Object.keys(changes)) checkLimit(name, changes[name as keyof L]);
  return { ...defaults, ...changes };
}

/** `limits`, each lowered to what is declared where that is smaller. @throws {SandboxError} SANDBOX_BAD_LIMIT */
export function lowered(limits: CallLimits, declared: Partial<CallLimits> | undefined): CallLimits {
  if (declared === undefined) return limits;
  let result: { -readonly [K in keyof CallLimits]: CallLimits[K] } | undefined;
  for (const name of Object.keys(declared) as (keyof CallLimits)[]) {
    const value = declared[name];
    checkLimit(name, value);
    if (Number(value) < limits[name]) (result ??= { ...limits })[name] = Number(value);
  }
  return result ?? limits;
}

function checkLimit(name: string, value: unknown): void {
  const least = name === 'queue' ? 0 : Number.MIN_VALUE;
  if (Number.isFinite(value) && Number(value) >= least) return;
  throw new SandboxError('SANDBOX_BAD_LIMIT', `the limit ${quoted(name)} is ${quoted(value)}, not a positive number`);
}
