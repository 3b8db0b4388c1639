/** A call on its way: what the main thread knows of it, and how it is written for a guest thread and read back. */
import { type Cancel, EMPTY } from '../../kernel/index.ts';
import type { FunctionRequest } from '../abi/index.ts';
import type { CallCapabilities } from '../capability/index.ts';
import type { Door } from './admission.ts';
import { type BytePack, unpack } from './byte-pack.ts';
import type { GuestThread } from './guest-thread.ts';
import type { CallLimits } from './limits.ts';
import type { CompiledModule } from './module.ts';
import type { CallResult, Failure, GuestError, Output } from './result.ts';
import { type CallStart, Grant, type PackedOutcome, packRequest, unpackChanges, unpackTexts } from './wire.ts';

/** One call. Bytes are borrowed until its result is there. */
export interface CallOptions {
  /** The request the function serves; its body is the input. */
  readonly request?: FunctionRequest;
  /** Input of a call without a request. */
  readonly input?: Uint8Array;
  readonly capabilities: CallCapabilities;
  readonly limits?: Partial<CallLimits>;
  /** Ends the call; its result is then `ABORTED`. */
  readonly signal?: AbortSignal;
}

/** A call that has no result yet. */
export interface OpenCall {
  readonly id: number;
  readonly module: LoadedModule;
  readonly options: CallOptions;
  readonly limits: CallLimits;
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
}

/** What a thread is told of `call`, which has `leftMs` until its deadline. */
export function startMessage(call: OpenCall, leftMs: number, pack: BytePack): CallStart {
  const { options, limits, module } = call;
  const { request, capabilities } = options;
  const input = request?.body ?? options.input ?? EMPTY;
  const fields = capabilities.requestFields;
  const grants =
    (fields.get ? Grant.getField : 0) |
    (fields.set ? Grant.setField : 0) |
    (fields.responseHeaders ? Grant.responseHeaders : 0);
  return [
    call.id,
    module.id,
    [pack.add(input), input.length],
    request && packRequest(request, pack),
    grants,
    leftMs,
    limits.cpuMs,
    limits.outputBytes,
    limits.argumentBytes,
    limits.hostCallsPerSecond,
    limits.logBytes,
  ];
}

/** How a call ended, from what its thread says. */
export function unpackOutcome(packed: PackedOutcome, bytes: ArrayBuffer): Output | GuestError | Failure {
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
  return { kind: packed[0], code: packed[1], message: packed[2] };
}
