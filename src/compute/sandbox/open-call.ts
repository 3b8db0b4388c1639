/** A call on its way: what the main thread knows of it, and how it is written for a guest thread and read back. */
import { type Cancel, EMPTY } from '../../kernel/index.ts';
import type { RequestView } from '../abi/index.ts';
import type { CallCapabilities } from '../capability/index.ts';
import type { CodeMap } from '../wasm/index.ts';
import type { WasiSession } from '../wasi/index.ts';
import type { GrantedFiles, WasiGrant } from '../wasi/host/index.ts';
import type { Door } from './admission/index.ts';
import type { GuestThread } from './pool/index.ts';
import type { CallLimits } from './limits.ts';
import type { CompiledModule } from './compile/index.ts';
import type { CallResult, Failure, GuestError, Output, Usage } from './result.ts';
import {
  type CallEnd,
  type CallWriter,
  Grant,
  type ModuleMessage,
  type PackedOutcome,
  unpack,
  unpackChanges,
  unpackTexts,
} from './wire/index.ts';
import { unpackFrames } from './wasm-stack.ts';

const PAGE = 65_536;

/** One call. Bytes are borrowed until its result is there. */
export interface CallOptions {
  /** The request the function serves; its body is the input. */
  readonly request?: RequestView;
  /** Input of a call without a request. */
  readonly input?: Uint8Array;
  readonly capabilities: CallCapabilities;
  readonly limits?: Partial<CallLimits>;
  /** Limits that the function declares itself: the smaller of these and the host's hold. */
  readonly declared?: Partial<CallLimits>;
  /** Whose call it is, any text: callers take turns, and none may have too many calls in flight. */
  readonly caller?: string;
  /** Under which name it is counted: the function's full name; the module's digest unless given. Not a text of a guest or client. */
  readonly label?: string;
  /** Arguments, environment and directories of a WASI guest; nothing is granted unless it is here. */
  readonly wasi?: WasiGrant;
  /** Ends the call; its result is then `ABORTED`. */
  readonly signal?: AbortSignal;
}

/** A call that has no result yet. */
export interface OpenCall {
  readonly id: number;
  readonly module: LoadedModule;
  readonly options: CallOptions;
  readonly limits: CallLimits;
  /** {@link CallOptions.caller}, or that of nobody. */
  readonly caller: string;
  /** Its share of `SandboxLimits.inputBytes`. */
  readonly inputBytes: number;
  /** What {@link CallOptions.wasi} grants: for its thread, and the files themselves, which are closed with the call. */
  readonly wasi: { readonly session: WasiSession; readonly files: GrantedFiles } | undefined;
  readonly calledAt: number;
  readonly resolve: (result: CallResult) => void;
  readonly onAbort: () => void;
  /** Takes back the deadline of the line. */
  cancelWait: Cancel | undefined;
  startedAt: number | undefined;
  thread: GuestThread | undefined;
  /** Aborted when the call ends; made when the guest first asks for something. */
  asking: AbortController | undefined;
}

/** A module with its number in the threads and the door before it. */
export interface LoadedModule extends CompiledModule {
  readonly id: number;
  readonly door: Door<OpenCall>;
  /** Whether it takes no more calls; the threads forget it when its last one has ended. */
  unloaded: boolean;
}

/** What threads are told of `module`. */
export function moduleMessage(module: LoadedModule): ModuleMessage {
  const { id, code, renewExport, profile, memory, tableEntries, instanceBytes } = module;
  const [pages, maxPages] = [memory.initialBytes / PAGE, memory.maxBytes / PAGE];
  return { id, code, renewExport, profile, pages, maxPages, tableEntries, instanceBytes };
}

/** Bytes that a call brings along: its body or input, and the state. */
export function inputBytesOf({ request, input }: CallOptions): number {
  let bytes = (request?.body ?? input ?? EMPTY).length;
  for (const value of request?.state.values() ?? []) bytes += value.length;
  return bytes;
}

/** Under which name `call` is counted. */
export function labelOf({ options, module }: Pick<OpenCall, 'options' | 'module'>): string {
  return options.label ?? module.digest;
}

/** Why the call's own limits leave no room for its module, if they do not. */
export function tooSmallFor({ limits, module: { memory, tableEntries } }: OpenCall): string | undefined {
  if (memory.initialBytes > limits.memoryBytes) {
    return `the module begins with ${memory.initialBytes} bytes of memory, ${limits.memoryBytes} are allowed`;
  }
  if (tableEntries <= limits.tableEntries) return undefined;
  return `the module may have ${tableEntries} table entries, ${limits.tableEntries} are allowed`;
}

/**
 * Writes what a thread is told of `call`, which has `leftMs` until its deadline.
 * @param caller see `CallTerms`.
 */
export function writeStart(call: OpenCall, caller: number, leftMs: number, calls: CallWriter): void {
  const { options, limits, module } = call;
  const { request, capabilities } = options;
  const fields = capabilities.requestFields;
  const terms = {
    call: call.id,
    module: module.id,
    grants:
      (fields.get ? Grant.getField : 0) |
      (fields.set ? Grant.setField : 0) |
      (fields.responseHeaders ? Grant.responseHeaders : 0),
    deadlineMs: leftMs,
    cpuMs: limits.cpuMs,
    outputBytes: limits.outputBytes,
    argumentBytes: limits.argumentBytes,
    hostCallsPerSecond: limits.hostCallsPerSecond,
    logBytes: limits.logBytes,
    maxPages: Math.floor(Math.min(limits.memoryBytes, module.memory.maxBytes) / PAGE),
    caller,
    session: call.wasi?.session,
  };
  calls.add(terms, request?.body ?? options.input ?? EMPTY, request);
}

/** How a call ended, from what its thread says. */
export function unpackOutcome(
  packed: PackedOutcome,
  bytes: ArrayBuffer,
  codeMap: CodeMap,
): Output | GuestError | Failure {
  if (packed[0] === 'output') {
    const [kind, output, headers, changes] = packed;
    return {
      kind,
      output: output && unpack(bytes, ...output),
      responseHeaders: unpackTexts(headers ?? []),
      changes: changes && unpackChanges(changes, bytes),
    };
  }
  if (packed[0] === 'guest-error') return { kind: packed[0], code: packed[1], message: packed[2] };
  const [kind, code, message, frames = []] = packed;
  const failure: Failure = { kind, code, message };
  return frames.length === 0 ? failure : { ...failure, stack: unpackFrames(frames, codeMap) };
}

/** What a thread says that a call has used. */
export type ThreadUsage = Omit<CallEnd, 'call' | 'outcome'>;

/** Of a call that came to no thread. */
export const UNUSED: ThreadUsage = {
  cpuMs: 0,
  memoryBytes: 0,
  hostCalls: 0,
  startMs: 0,
  setupMs: 0,
  denials: undefined,
};

/** What `call` has used in all, from what its thread says. @param now when it ended, milliseconds of the sandbox's clock. */
export function usageOf(call: OpenCall, used: ThreadUsage, now: number): Usage {
  const { calledAt, startedAt = now } = call;
  const { cpuMs, memoryBytes, hostCalls, startMs, setupMs, denials } = used;
  const queueMs = startedAt - calledAt;
  const wallMs = now - calledAt;
  const runMs = cpuMs - setupMs;
  const waitMs = Math.max(0, wallMs - queueMs - startMs - runMs);
  const usage = { cpuMs, wallMs, queueMs, startMs, runMs, waitMs, memoryBytes, hostCalls };
  return denials === undefined ? usage : { ...usage, denials };
}
