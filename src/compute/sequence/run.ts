/**
 * Executes the steps of a handler (`directive.md §5`).
 *
 * Flow of a step: view of the request → function, raced against the deadline → error rules → changes and output carried
 * over. Members of a group all see the request as it was before the group; their changes are carried over in the order
 * in which they are written, so two runs with the same outputs end with the same request.
 */
import { CodedError, type Clock, EMPTY } from '../../kernel/index.ts';
import type { RequestView } from '../abi/index.ts';
import type { FunctionCall, OnErr, Rules, Sequence, Step } from '../directive/index.ts';
import { SequenceError } from './errors.ts';
import { actionAfter, errorState, type FunctionResult, isError, type SequenceOutcome } from './outcome.ts';
import { applyChanges, copyRequest, viewFor } from './request-view.ts';

const DEFAULT_GROUP_TIMEOUT_MS = 30_000;
const DEFAULT_MAX_STATE_BYTES = 64 * 1024 * 1024;
/** Made once: an error costs its stack trace, and every run ends with this one. */
const OVER = new SequenceError('SEQUENCE_ABORTED', 'the sequence is over');

/**
 * Runs one function. `request` is the function's own view: what it changes there may be seen by later steps; its maps and byte
 * arrays are shared and are replaced, never changed in place. Stops when the signal of `scope`, which is made when it is first
 * asked for, is aborted.
 */
export type ExecuteFunction = (
  call: FunctionCall,
  request: RequestView,
  scope: { readonly signal: AbortSignal },
) => Promise<FunctionResult>;

/** What a run may use. */
export interface RunOptions {
  readonly clock: Clock;
  readonly rules: Pick<Rules, 'sharedRequest'>;
  /** For the whole sequence, in milliseconds from now; none when absent. */
  readonly deadlineMs?: number;
  /** For one group; 30 s when absent. */
  readonly groupTimeoutMs?: number;
  /** Sum of all outputs in the state; 64 MiB when absent. */
  readonly maxStateBytes?: number;
  /** Ends the run from outside, for example when the client has gone. */
  readonly signal?: AbortSignal;
}

/** Runs `sequence` on a copy of `request`. Never rejects, and settles at the deadline whatever `execute` does. */
export function runSequence(
  sequence: Sequence,
  request: RequestView,
  execute: ExecuteFunction,
  options: RunOptions,
): Promise<SequenceOutcome> {
  const run = new SequenceRun(copyRequest(request), execute, options);
  const outcome = run.all(sequence);
  return run.mayAbort ? outcome.finally(() => run.end()) : outcome;
}

/** One call that is over: the sequence goes on with `output`, or ends. */
type Called =
  | { readonly kind: 'done'; readonly output: Uint8Array; readonly view: RequestView; readonly call: FunctionCall }
  | { readonly kind: 'ended'; readonly outcome: SequenceOutcome };

class SequenceRun {
  readonly #request: RequestView;
  readonly #execute: ExecuteFunction;
  readonly #options: RunOptions;
  readonly #scope: AbortScope;

  constructor(request: RequestView, execute: ExecuteFunction, options: RunOptions) {
    this.#request = request;
    this.#execute = execute;
    this.#options = options;
    this.#scope = new AbortScope(options.signal);
    const { clock, deadlineMs } = options;
    if (deadlineMs !== undefined) {
      this.#scope.abortAfter(clock, deadlineMs, () => {
        return new SequenceError('SEQUENCE_DEADLINE', `the sequence took longer than ${deadlineMs} ms`);
      });
    }
  }

  async all(sequence: Sequence): Promise<SequenceOutcome> {
    for (const step of sequence.steps) {
      let outcome: SequenceOutcome | undefined;
      if (step.kind === 'group') outcome = await this.#group(step);
      else {
        const called = await this.#call(step.call, this.#request, this.#scope, undefined);
        outcome = called.kind === 'ended' ? called.outcome : this.#carryOver([called], this.#request);
      }
      if (outcome !== undefined) return outcome;
    }
    const output = this.#select(sequence);
    return { kind: 'output', output, headers: this.#request.responseHeaders };
  }

  /**
   * Whether anything may end the run early, so that {@link SequenceRun.end} must be called. Without, there is nothing to release,
   * and no function still runs at the end: each step was waited for, and a group ends what it leaves behind itself.
   */
  get mayAbort(): boolean {
    return this.#scope.mayAbort;
  }

  /** Releases the deadline, and tells functions that still run that nobody waits for them. */
  end(): void {
    this.#scope.abort(OVER);
  }

  async #group(step: Extract<Step, { kind: 'group' }>): Promise<SequenceOutcome | undefined> {
    const before = copyRequest(this.#request);
    const scope = new AbortScope(this.#scope.signal);
    const timeoutMs = this.#options.groupTimeoutMs ?? DEFAULT_GROUP_TIMEOUT_MS;
    scope.abortAfter(this.#options.clock, timeoutMs, () => {
      return new SequenceError('SEQUENCE_GROUP_TIMEOUT', `fn group timed out after ${timeoutMs} ms`);
    });
    const firstEnd = Promise.withResolvers<SequenceOutcome>();
    const members = step.calls.map(async (call) => {
      const called = await this.#call(call, before, scope, step.onErr);
      if (called.kind === 'ended') firstEnd.resolve(called.outcome);
      return called;
    });
    try {
      const winner = await Promise.race([firstEnd.promise, Promise.all(members)]);
      if ('kind' in winner) return winner;
      return this.#carryOver(winner, before);
    } finally {
      scope.abort(new SequenceError('SEQUENCE_ABORTED', 'the group is over'));
    }
  }

  async #call(
    call: FunctionCall,
    before: RequestView,
    scope: AbortScope,
    groupOnErr: OnErr | undefined,
  ): Promise<Called> {
    try {
      // Also between steps: nothing starts after the deadline.
      scope.throwIfAborted();
      const view = viewFor(call, before, this.#options.rules);
      const executing = this.#execute(call, view, scope);
      // Nothing but the end of the run can abort a step of its own when there is no deadline and nobody outside.
      const result = await (scope.mayAbort ? settledOrAborted(executing, scope.signal) : executing);
      if (!isError(result)) {
        const output = result.kind === 'output' ? (result.output ?? EMPTY) : EMPTY;
        return { kind: 'done', call, view, output };
      }
      if (actionAfter(result.code, call.onErr, groupOnErr) === 'return') {
        return { kind: 'ended', outcome: { kind: 'error', error: result, call } };
      }
      // Before 0.4.3 a function that ended with an error left no trace but the error.
      const kept = this.#options.rules.sharedRequest ? view : before;
      return { kind: 'done', call, view: kept, output: errorState(result) };
    } catch (error) {
      // A function that was told to stop may reject in its own words; the reason to stop is what counts.
      const cause: unknown = scope.aborted ? scope.reason : error;
      return { kind: 'ended', outcome: { kind: 'failure', error: coded(cause), call } };
    }
  }

  /** Changes first, outputs last: a function cannot write another one's output. */
  #carryOver(done: readonly Called[], before: RequestView): SequenceOutcome | undefined {
    const request = this.#request;
    const { rules, maxStateBytes = DEFAULT_MAX_STATE_BYTES } = this.#options;
    for (const called of done) {
      if (called.kind === 'done') applyChanges(request, before, called.view, called.call, rules);
    }
    const state = new Map(request.state);
    for (const called of done) if (called.kind === 'done') state.set(called.call.key, called.output);
    request.state = state;
    let size = 0;
    for (const value of state.values()) size += value.length;
    if (size <= maxStateBytes) return undefined;
    const error = new SequenceError('SEQUENCE_STATE_TOO_LARGE', `the state holds more than ${maxStateBytes} bytes`);
    return { kind: 'failure', error, call: undefined };
  }

  #select(sequence: Sequence): Uint8Array | undefined {
    const last = sequence.steps.at(-1);
    const key = sequence.response ?? (last?.kind === 'function' ? last.call.key : undefined);
    return key === undefined ? undefined : this.#request.state.get(key);
  }
}

/** An abort signal that follows another one and may have a time limit; `abort` releases both. It is made when somebody asks for it. */
class AbortScope {
  /** Whether it was aborted, and why. */
  aborted = false;
  reason: unknown;
  /** Whether anything but its owner's own `abort` can abort it. */
  mayAbort: boolean;
  readonly #parent: AbortSignal | undefined;
  readonly #follow: (() => void) | undefined;
  #controller: AbortController | undefined;
  #cancelTimer: (() => void) | undefined;

  constructor(parent: AbortSignal | undefined) {
    this.mayAbort = parent !== undefined;
    if (parent === undefined) return;
    this.#parent = parent;
    // Not written into the field at once: the engine would keep it, and this, until it collects everything (CONTRIBUTING.md).
    const follow = (): void => {
      const cause: unknown = parent.reason;
      const reason = new SequenceError('SEQUENCE_ABORTED', 'the sequence was ended from outside', { cause });
      this.abort(cause instanceof CodedError ? cause : reason);
    };
    this.#follow = follow;
    if (parent.aborted) follow();
    else parent.addEventListener('abort', follow, { once: true });
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.aborted) this.#controller.abort(this.reason);
    }
    return this.#controller.signal;
  }

  throwIfAborted(): void {
    if (this.aborted) throw this.reason as Error;
  }

  abortAfter(clock: Clock, delayMs: number, reason: () => Error): void {
    this.mayAbort = true;
    this.#cancelTimer = clock.schedule(delayMs, () => this.abort(reason()));
  }

  abort(reason: unknown): void {
    this.#cancelTimer?.();
    if (this.#follow !== undefined) this.#parent?.removeEventListener('abort', this.#follow);
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    this.#controller?.abort(reason);
  }
}

/** `promise`, or the reason of `signal` when that is aborted first; what `promise` does later is of no interest. */
async function settledOrAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason as Error);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** Errors with a code keep it: the gateway decides by it. */
function coded(error: unknown): CodedError {
  if (error instanceof CodedError) return error;
  return new SequenceError('SEQUENCE_FUNCTION_FAILED', 'a function could not be run', { cause: error });
}
