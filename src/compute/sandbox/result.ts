/** How a call ended (`docs/sandbox.md` §3). */
import type { FieldDenials, RequestChanges } from '../abi/index.ts';
import { describeStack, type WasmFrame } from './wasm-stack.ts';

/** Why a call has no result of the guest's own. */
export type FailureCode =
  /** The guest trapped, threw, or ended itself with an error. */
  | 'TRAP'
  /** The guest recursed too deep. */
  | 'STACK'
  /** The guest trapped with its memory at the cap, or all guests together hold too much. */
  | 'MEMORY_LIMIT'
  | 'DEADLINE'
  | 'CPU_TIME'
  | 'HOST_CALL_FLOOD'
  | 'OUTPUT_TOO_LARGE'
  /** The caller's signal, or the end of the sandbox. */
  | 'ABORTED'
  /** The thread was lost, as far as can be told not through this call, which may have run in part. */
  | 'THREAD_LOST'
  /** Nothing ran: too many calls wait already, or there is no room for another guest. */
  | 'OVERLOADED';

/** What a call used. */
export interface Usage {
  /** Running in the guest and in host functions of its thread. */
  readonly cpuMs: number;
  /** From `call()` to the result. */
  readonly wallMs: number;
  /** Of that, waiting to be handed to a thread; then until the instance was made; then running; then waiting for anything. */
  readonly queueMs: number;
  readonly startMs: number;
  readonly runMs: number;
  readonly waitMs: number;
  /** Linear memory at its largest, bytes. */
  readonly memoryBytes: number;
  readonly hostCalls: number;
  /** What its thread refused it of the request, counted; left out when nothing was. */
  readonly denials?: FieldDenials;
}

/** What the guest made. All bytes belong to the receiver. */
export interface Output {
  readonly kind: 'output';
  /** Undefined when the guest reported nothing: success with a nil output. */
  readonly output: Uint8Array | undefined;
  /** Set by the guest in this call, names as written. */
  readonly responseHeaders: ReadonlyMap<string, string>;
  /** What the guest changed in its request, for the caller to apply or not. */
  readonly changes: RequestChanges | undefined;
}

/** The guest reported an error (`runnable-abi.md` §5). */
export interface GuestError {
  readonly kind: 'guest-error';
  /** Any 32-bit number; the caller maps it to a status. */
  readonly code: number;
  readonly message: string;
}

/** The guest was ended, or could not run. */
export interface Failure {
  readonly kind: 'failure';
  readonly code: FailureCode;
  /** For the host's log; never for a client. */
  readonly message: string;
  /** With `OVERLOADED`: when to try again. */
  readonly retryAfterSeconds?: number;
  /** Where the guest was, innermost first, when it trapped or was ended while it ran. As `message`, for logs only. */
  readonly stack?: readonly WasmFrame[];
}

/** A failure without more to say than that. */
export function failure(code: FailureCode, message: string): Failure {
  return { kind: 'failure', code, message };
}

/** A failure in one line for a log: its message, and where the guest was. */
export function describeFailure({ message, stack = [] }: Pick<Failure, 'message' | 'stack'>): string {
  return stack.length === 0 ? message : `${message} at ${describeStack(stack)}`;
}

/** One of the three, and what it took. */
export type CallResult = (Output | GuestError | Failure) & { readonly usage: Usage };
