/**
 * A sandbox in a process of its own: what breaks out of a guest and out of the engine finds a process without rights.
 *
 * The capabilities stay here, so the process can ask for no more than its calls were granted. When it has died, calls that were
 * in it end with `THREAD_LOST`, and those that follow have another.
 */
import { getLogger } from '@logtape/logtape';
import { type Cancel, type Clock, SlotMap } from '../../../kernel/index.ts';
import type { CpuProfile } from '../../profile/index.ts';
import type { FunctionSandbox, LoadedFunction } from '../contract.ts';
import { Desk } from '../desk.ts';
import { Drain } from '../drain.ts';
import { closedError } from '../errors.ts';
import {
  type CallLimits,
  DEFAULT_CALL_LIMITS,
  defaultSandboxLimits,
  lowered,
  type SandboxLimits,
  withLimits,
} from '../limits.ts';
import type { LoadOptions } from '../compile/index.ts';
import { type CallOptions, inputBytesOf } from '../open-call.ts';
import { type CallResult, type Failure, failure, type FailureCode } from '../result.ts';
import { type ResidentMemory, residentMemory } from '../admission/index.ts';
import type { SandboxOptions } from '../sandbox.ts';
import { type SandboxStats, StatsKeeper } from '../stats.ts';
import { checkProcessGrant } from './grant.ts';
import { type CallMessage, OnDemandProcess } from './on-demand-process.ts';
import { ProcessMemory } from './process-memory.ts';
import { type Held, type RunningProcess, send } from './running-process.ts';

const logger = getLogger(['perigee', 'compute', 'sandbox']);

/** What a call may take beyond its deadline before its process is taken for stuck. */
const GRACE_MS = 2000;
interface OpenCall {
  readonly options: CallOptions;
  /** Under which it is counted. */
  readonly label: string;
  readonly limits: CallLimits;
  /** Its share of `SandboxLimits.inputBytes`. */
  readonly inputBytes: number;
  readonly calledAt: number;
  readonly resolve: (result: CallResult) => void;
  readonly onAbort: () => void;
  readonly stuck: Cancel;
  /** Aborted when the call ends; made when the guest first asks for something. */
  asking: AbortController | undefined;
}

/** One sandbox process. To be closed. */
export class SandboxProcess implements FunctionSandbox, AsyncDisposable {
  readonly #clock: Clock;
  readonly #limits: SandboxLimits;
  readonly #callLimits: CallLimits;
  readonly #resident: ResidentMemory;
  readonly #memory: ProcessMemory;
  readonly #desk: Desk;
  readonly #stats: StatsKeeper;
  readonly #process: OnDemandProcess;
  readonly #calls = new SlotMap<OpenCall>();
  /** Calls that wait for the process to start. */
  #waiting = 0;
  /** Of calls without a result. */
  #inputBytes = 0;
  #nextCall = 1;
  #closed = false;
  readonly #drain: Drain;

  /**
   * Nothing is started yet.
   * @param stats where its calls are counted.
   * @param memory what it shares with other processes; one of its own unless given.
   * @throws {SandboxError} SANDBOX_BAD_LIMIT
   */
  constructor(options: SandboxOptions, stats: StatsKeeper = new StatsKeeper(), memory?: ProcessMemory) {
    this.#stats = stats;
    this.#clock = options.clock;
    this.#limits = withLimits(defaultSandboxLimits(), options.limits);
    this.#callLimits = withLimits(DEFAULT_CALL_LIMITS, options.callLimits);
    this.#resident = residentMemory(options, this.#limits);
    this.#memory = memory ?? new ProcessMemory(options.clock, this.#limits.residentBytes);
    this.#desk = new Desk(this.#limits.openHostCalls);
    this.#drain = new Drain(options.clock);
    this.#process = new OnDemandProcess({
      clock: options.clock,
      memory: this.#memory,
      given: options,
      limits: this.#limits,
      callLimits: this.#callLimits,
      calls: () => this.#calls.size,
      onMessage: (running, message) => this.#take(running, message),
      onLost: (reason) => this.#lose(reason),
    });
  }

  /**
   * As `Sandbox.loadAside`, over there.
   * @throws {CodedError} what `Sandbox.loadAside` throws; {SandboxError} SANDBOX_PROCESS when there is no process to be had
   */
  async load(bytes: Uint8Array, options: LoadOptions = {}): Promise<LoadedFunction> {
    if (this.#closed) throw closedError();
    return this.#process.load(bytes, options);
  }

  /** As {@link SandboxProcess.load}, which never holds up the thread it is called from. */
  loadAside(bytes: Uint8Array, options?: LoadOptions): Promise<LoadedFunction> {
    return this.load(bytes, options);
  }

  /** As `Sandbox.unload`. */
  unload(module: LoadedFunction): void {
    this.#process.unload(module);
  }

  /**
   * As `Sandbox.call`; a process that was lost is started again for it.
   * @throws {SandboxError} SANDBOX_CLOSED, SANDBOX_BAD_LIMIT; {WasiError} WASI_BAD_GRANT, WASI_UNSUPPORTED; TypeError when the
   * module is not loaded here.
   */
  async call(module: LoadedFunction, options: CallOptions): Promise<CallResult> {
    if (this.#closed) throw closedError();
    const held = this.#process.held(module);
    // What the process would refuse is refused here.
    const limits = lowered(withLimits(this.#callLimits, options.limits), options.declared);
    if (options.wasi !== undefined) checkProcessGrant(options.wasi);
    const calledAt = this.#clock.monotonicMs();
    const label = options.label ?? held.digest;
    const refusal = this.#refusal();
    if (refusal !== undefined) return this.#refused(label, calledAt, overloaded(refusal));
    const inputBytes = inputBytesOf(options);
    let running: RunningProcess;
    this.#waiting++;
    this.#inputBytes += inputBytes;
    try {
      running = await this.#process.running();
    } catch (error) {
      this.#inputBytes -= inputBytes;
      return this.#refused(label, calledAt, overloaded(error instanceof Error ? error.message : String(error)));
    } finally {
      this.#waiting--;
    }
    if (options.signal?.aborted === true) {
      this.#inputBytes -= inputBytes;
      return this.#refused(label, calledAt, failure('ABORTED', 'the caller had given up before'));
    }
    return new Promise((resolve) =>
      this.#start(running, held, { options, label, limits, inputBytes, calledAt, resolve }),
    );
  }

  /** Why one more call cannot be taken, if it cannot: what waits for the process, or is in it, is held here as well. */
  #refusal(): string | undefined {
    const { totalConcurrency, queue, inputBytes } = this.#limits;
    const open = this.#calls.size + this.#waiting;
    if (open >= totalConcurrency + queue) return 'too many calls are in the process';
    if (this.#inputBytes > inputBytes) return 'the calls that have no result yet hold too many bytes of input';
    if (open > 0 && this.#resident.exceeded) return 'the process holds too much memory';
    const { here } = this.#process;
    if (open > 0 && here !== undefined && this.#memory.exceededBy(here.watched)) {
      return 'the sandbox process holds too much of the memory of all of them';
    }
    return undefined;
  }

  /** The result of a call that was not started. */
  #refused(label: string, calledAt: number, outcome: Failure): CallResult {
    const result = this.#ended(calledAt, outcome);
    this.#stats.count(label, result, result.usage);
    return result;
  }

  /**
   * As `Sandbox.profile`, over there.
   * @throws {ProfileError} also PROFILE_FAILED when the process does not answer; {SandboxError} SANDBOX_PROCESS
   */
  async profile(module: LoadedFunction, durationMs: number, signal?: AbortSignal): Promise<CpuProfile> {
    if (this.#closed) throw closedError();
    return this.#process.profile(this.#process.held(module), durationMs, signal);
  }

  /** Number of the process at the operating system; undefined while there is none. */
  get pid(): number | undefined {
    return this.#process.here?.child.pid;
  }

  /** As `Sandbox.stats`; the threads are those of the process, and not told. */
  stats(): SandboxStats {
    const { size: inFlight } = this.#calls;
    return this.#stats.snapshot({
      threads: [],
      modules: this.#process.modules,
      inFlight,
      waiting: this.#waiting,
      openHostCalls: this.#desk.open,
    });
  }

  /** Lets calls finish for up to `deadlineMs`, then ends the process and what is left in it. */
  async close(deadlineMs = 10_000): Promise<void> {
    this.#closed = true;
    if (this.#calls.size > 0 && deadlineMs > 0) await this.#drain.wait(deadlineMs);
    await this.#process.end();
    this.#failAll('ABORTED', 'the sandbox was closed');
  }

  /** As {@link SandboxProcess.close} with its default. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #start(running: RunningProcess, { id: module }: Held, call: Omit<OpenCall, 'asking' | 'onAbort' | 'stuck'>): void {
    const id = this.#nextCall++;
    const { options, limits } = call;
    const onAbort = (): void => send(running, { kind: 'abort', id });
    const stuck = this.#clock.schedule(limits.deadlineMs + GRACE_MS, () => {
      logger.error('a sandbox process did not end a call at its deadline');
      running.child.kill('SIGKILL');
    });
    this.#calls.set(id, { ...call, onAbort, stuck, asking: undefined });
    this.#memory.watch();
    options.signal?.addEventListener('abort', onAbort, { once: true });
    const { capabilities, signal: _signal, ...remote } = options;
    const requestFields = capabilities.requestFields;
    send(running, { kind: 'call', id, module, call: { ...remote, requestFields } });
  }

  #take(running: RunningProcess, message: CallMessage): void {
    switch (message.kind) {
      case 'log':
        this.#calls.get(message.call)?.options.capabilities.log(message.level, message.message);
        break;
      case 'ask':
        void this.#ask(running, message);
        break;
      case 'result':
        this.#finish(message.call, message.result);
    }
  }

  async #ask(
    running: RunningProcess,
    { id, call, ask }: Extract<CallMessage, { readonly kind: 'ask' }>,
  ): Promise<void> {
    const open = this.#calls.get(call);
    if (open === undefined) return;
    open.asking ??= new AbortController();
    const { capabilities } = open.options;
    const answer = await this.#desk.ask(capabilities, ask, open.limits.argumentBytes, open.asking.signal);
    if (!answer.ok && answer.reason === 'refused') this.#stats.countDenial(open.label, ask.capability);
    if (this.#calls.has(call)) send(running, { kind: 'answer', id, answer });
  }

  /** The only place where a call that was started gets its result. */
  #finish(id: number, result: CallResult): void {
    const call = this.#calls.get(id);
    if (call === undefined) return;
    this.#calls.delete(id);
    call.stuck();
    this.#inputBytes -= call.inputBytes;
    call.options.signal?.removeEventListener('abort', call.onAbort);
    call.asking?.abort();
    this.#stats.count(call.label, result, result.usage);
    call.resolve(result);
    if (this.#calls.size === 0) this.#drain.reach();
  }

  #lose(reason: string): void {
    this.#stats.countLostThread();
    if (!this.#closed) logger.error('a sandbox process was lost: {reason}', { reason, calls: this.#calls.size });
    this.#failAll('THREAD_LOST', `its process was lost: ${reason}`);
  }

  #failAll(code: FailureCode, message: string): void {
    for (const [id, { calledAt }] of this.#calls) this.#finish(id, this.#ended(calledAt, failure(code, message)));
  }

  #ended(calledAt: number, outcome: Failure): CallResult {
    const wallMs = this.#clock.monotonicMs() - calledAt;
    const nothing = { cpuMs: 0, queueMs: 0, startMs: 0, runMs: 0, waitMs: 0, memoryBytes: 0, hostCalls: 0 };
    return { ...outcome, usage: { ...nothing, wallMs } };
  }
}

function overloaded(message: string): Failure {
  return { ...failure('OVERLOADED', message), retryAfterSeconds: 1 };
}
