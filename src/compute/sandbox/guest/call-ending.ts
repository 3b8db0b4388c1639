/**
 * How a call ends, and what is told of it. One ends by itself, by an error of the guest's own, by the exit of a WASI guest, or
 * because it is ended: then the reason that came first is what counts, whatever the guest has done since.
 */
import type { HostCall } from '../../abi/index.ts';
import type { FailureCode } from '../result.ts';
import type { PackedOutcome } from '../wire/index.ts';
import { guestFrames, type PackedFrame } from './guest-frames.ts';
import type { Outbox } from './outbox.ts';

/** Ours: what is told of an error's message, units. */
const MAX_MESSAGE = 512;

/** What the endings of one thread share. */
export interface EndingContext {
  readonly outbox: Outbox;
  /** See `kill.ts`. */
  readonly killToken: Error;
}

/** What a guest leaves behind. */
export interface Remains {
  /** What came out of it at last; undefined when it returned. */
  readonly error: unknown;
  /** Undefined when it never began. */
  readonly call: HostCall | undefined;
  /** Of a command, whose result it is unless the guest reported another. */
  readonly standardOutput: Uint8Array | undefined;
  /** Whether its memory has grown to the largest size that it may have. */
  readonly isMemoryFull: boolean;
}

interface Stop {
  readonly code: FailureCode;
  readonly message: string;
  /** Where the guest was, when it was ended from inside one of its host functions. */
  readonly frames: readonly PackedFrame[];
}

/** The ending of one call. */
export class CallEnding {
  readonly #context: EndingContext;
  #stop: Stop | undefined;
  #exitCode: number | undefined;

  constructor(context: EndingContext) {
    this.#context = context;
  }

  /** Whether it is ended: its guest gets no more slices. */
  get isStopped(): boolean {
    return this.#stop !== undefined;
  }

  /** Says why the call is ended; the guest does not run now. */
  stop(code: FailureCode, message: string): void {
    this.#stop ??= { code, message, frames: [] };
  }

  /** Ends the call from inside one of the guest's host functions. */
  kill(code: FailureCode, message: string): never {
    this.#stop ??= { code, message, frames: guestFrames(new Error(message)) };
    throw this.#context.killToken;
  }

  /** The guest ends itself, from inside a host function. */
  exit(code: number): never {
    this.#exitCode = code;
    throw this.#context.killToken;
  }

  /** Who unwound the guest by `error`; of an exit without an error nothing is left to tell. */
  unwound(error: unknown): 'clean-exit' | 'guest' | 'host' {
    if (error !== this.#context.killToken) return 'guest';
    if (this.#exitCode === undefined) return 'host';
    if (this.#exitCode !== 0) return 'guest';
    this.#exitCode = undefined;
    return 'clean-exit';
  }

  /** The outcome, whose bytes go into the outbox. */
  outcome({ error, call, standardOutput, isMemoryFull }: Remains): PackedOutcome {
    if (this.#stop !== undefined) {
      const { code, message, frames } = this.#stop;
      return ['failure', code, message, frames];
    }
    const report = call?.report;
    if (report?.kind === 'error') return ['guest-error', report.code, report.message];
    if (error !== undefined) return ['failure', ...this.#trap(error, isMemoryFull), this.#framesOf(error)];
    const { outbox } = this.#context;
    const fields = call?.touchedRequest;
    const headers = fields?.responseHeaders;
    const changes = fields?.changes();
    return [
      'output',
      outbox.bytes(report === undefined ? standardOutput : report.output),
      headers !== undefined && headers.size > 0 ? outbox.texts(headers) : undefined,
      changes && outbox.changes(changes),
    ];
  }

  /** The kill token has the stack of its birth, which is not this guest's. */
  #framesOf(error: unknown): readonly PackedFrame[] {
    return error instanceof Error && error !== this.#context.killToken ? guestFrames(error) : [];
  }

  #trap(error: unknown, isMemoryFull: boolean): [FailureCode, string] {
    if (this.#exitCode !== undefined) return ['TRAP', `the guest exited with code ${this.#exitCode}`];
    const message = error instanceof Error ? error.message.slice(0, MAX_MESSAGE) : 'the guest threw';
    if (error instanceof RangeError && message.includes('call stack')) return ['STACK', message];
    return isMemoryFull ? ['MEMORY_LIMIT', `${message}, with the memory at its limit`] : ['TRAP', message];
  }
}
