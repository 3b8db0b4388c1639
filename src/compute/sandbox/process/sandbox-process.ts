/**
 * A sandbox in a process of its own: what breaks out of a guest and out of the engine finds a process without rights.
 *
 * The capabilities stay here, so the process can ask for no more than its calls were granted. It is started when it is first
 * needed, and again when it has died; calls that were in it then end with `THREAD_LOST`.
 */
import { createHash } from 'node:crypto';
import { getLogger } from '@logtape/logtape';
import { type Cancel, type Clock, CodedError } from '../../../kernel/index.ts';
import { type CpuProfile, ProfileError } from '../../profile/index.ts';
import type { FunctionSandbox, LoadedFunction } from '../contract.ts';
import { Desk } from '../desk.ts';
import { SandboxError } from '../errors.ts';
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
import type { CallResult, Failure, FailureCode } from '../result.ts';
import { type ResidentMemory, residentMemory } from '../admission/index.ts';
import type { SandboxOptions } from '../sandbox.ts';
import { type SandboxStats, StatsKeeper } from '../stats.ts';
import { checkProcessGrant } from './grant.ts';
import type { FromProcess } from './messages.ts';
import { ProcessMemory } from './process-memory.ts';
import { MAX_PROFILE_FRAME } from './profile-shape.ts';
import { type Held, loadInto, type RunningProcess, send, startProcess, toldElsewhere } from './running-process.ts';

const logger = getLogger(['perigee', 'compute', 'sandbox']);

/** What a frame may hold beside the largest result or argument. */
const FRAME_SLACK = 1 << 20;
/** What may wait to be read by a process, beside inputs and as much of answers: modules. */
const PENDING_SLACK = 64 << 20;
const START_MS = 10_000;
/** A process that has just died is not started again before this. */
const RESTART_MS = 1000;
/** What a call may take beyond its deadline before its process is taken for stuck. */
const GRACE_MS = 2000;
/** What a profile may take beyond its time before it is given up. */
const PROFILE_GRACE_MS = 15_000;

interface OpenCall {
  readonly options: CallOptions;
  /** Under which it is counted. */
  readonly label: string;
  readonly limits: CallLimits;
  /** Its share of `SandboxLimits.inputBytes`. */
  readonly inputBytes: number;
  readonly calledAt: number;
  readonly resolve: (result: CallResult) => void;
  readonly asking: AbortController;
  readonly onAbort: () => void;
  readonly stuck: Cancel;
}

/** One sandbox process. To be closed. */
export class SandboxProcess implements FunctionSandbox, AsyncDisposable {
  readonly #clock: Clock;
  readonly #limits: SandboxLimits;
  readonly #callLimits: CallLimits;
  readonly #options: SandboxOptions;
  readonly #resident: ResidentMemory;
  readonly #memory: ProcessMemory;
  readonly #desk: Desk;
  readonly #stats: StatsKeeper;
  readonly #modules = new Map<LoadedFunction, Held>();
  readonly #calls = new Map<number, OpenCall>();
  /** Calls that wait for the process to start. */
  #waiting = 0;
  /** Of calls without a result. */
  #inputBytes = 0;
  #running: Promise<RunningProcess> | undefined;
  /** The same, once it is there. */
  #here: RunningProcess | undefined;
  #diedAt = -RESTART_MS;
  #nextId = 1;
  #closed = false;
  #drained: (() => void) | undefined;

  /**
   * Nothing is started yet.
   * @param stats where its calls are counted.
   * @param memory what it shares with other processes; one of its own unless given.
   * @throws {SandboxError} SANDBOX_BAD_LIMIT
   */
  constructor(options: SandboxOptions, stats: StatsKeeper = new StatsKeeper(), memory?: ProcessMemory) {
    this.#stats = stats;
    this.#options = options;
    this.#clock = options.clock;
    this.#limits = withLimits(defaultSandboxLimits(), options.limits);
    this.#callLimits = withLimits(DEFAULT_CALL_LIMITS, options.callLimits);
    this.#resident = residentMemory(options, this.#limits);
    this.#memory = memory ?? new ProcessMemory(options.clock, this.#limits.residentBytes);
    this.#desk = new Desk(this.#limits.openHostCalls);
  }

  /**
   * As `Sandbox.loadAside`, over there.
   * @throws {CodedError} what `Sandbox.loadAside` throws; {SandboxError} SANDBOX_PROCESS when there is no process to be had
   */
  async load(bytes: Uint8Array, options: LoadOptions = {}): Promise<LoadedFunction> {
    if (this.#closed) throw closedError();
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    // Its own copy: it is needed again when the process was lost.
    const module: Held = { digest, id: this.#nextId++, bytes: bytes.slice(), options };
    await loadInto(await this.#process(), module);
    this.#modules.set(module, module);
    return module;
  }

  /** As {@link SandboxProcess.load}, which never holds up the thread it is called from. */
  loadAside(bytes: Uint8Array, options?: LoadOptions): Promise<LoadedFunction> {
    return this.load(bytes, options);
  }

  /** As `Sandbox.unload`. */
  unload(module: LoadedFunction): void {
    const held = this.#modules.get(module);
    if (held === undefined) return;
    this.#modules.delete(module);
    // One that is not running knows no modules.
    void this.#running?.then((running) => send(running, { kind: 'unload', id: held.id }), toldElsewhere);
  }

  /**
   * As `Sandbox.call`; a process that was lost is started again for it.
   * @throws {SandboxError} SANDBOX_CLOSED, SANDBOX_BAD_LIMIT; {WasiError} WASI_BAD_GRANT, WASI_UNSUPPORTED; TypeError when the
   * module is not loaded here.
   */
  async call(module: LoadedFunction, options: CallOptions): Promise<CallResult> {
    if (this.#closed) throw closedError();
    const held = this.#modules.get(module);
    if (held === undefined) throw new TypeError('the module is not loaded in this sandbox');
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
      running = await this.#process();
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
    if (open > 0 && this.#here !== undefined && this.#memory.exceededBy(this.#here.watched)) {
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
    const held = this.#modules.get(module);
    if (held === undefined) throw new TypeError('the module is not loaded in this sandbox');
    const running = await this.#process();
    const { profiles } = running;
    signal?.throwIfAborted();
    const id = this.#nextId++;
    const taking = Promise.withResolvers<CpuProfile>();
    profiles.set(id, taking);
    const giveUp = (): void => {
      send(running, { kind: 'end profile', id });
      taking.reject(signal?.reason as Error);
    };
    signal?.addEventListener('abort', giveUp, { once: true });
    const cancel = this.#clock.schedule(durationMs + PROFILE_GRACE_MS, () =>
      taking.reject(new ProfileError('PROFILE_FAILED', 'the process of the function does not answer')),
    );
    send(running, { kind: 'profile', id, module: held.id, durationMs });
    try {
      return await taking.promise;
    } finally {
      cancel();
      signal?.removeEventListener('abort', giveUp);
      profiles.delete(id);
    }
  }

  /** Number of the process at the operating system; undefined while there is none. */
  get pid(): number | undefined {
    return this.#here?.child.pid;
  }

  /** As `Sandbox.stats`; the threads are those of the process, and not told. */
  stats(): SandboxStats {
    const { size: inFlight } = this.#calls;
    return this.#stats.snapshot({
      threads: [],
      modules: this.#modules.size,
      inFlight,
      waiting: this.#waiting,
      openHostCalls: this.#desk.open,
    });
  }

  /** Lets calls finish for up to `deadlineMs`, then ends the process and what is left in it. */
  async close(deadlineMs = 10_000): Promise<void> {
    this.#closed = true;
    if (this.#calls.size > 0 && deadlineMs > 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#drained = resolve;
      const cancel = this.#clock.schedule(deadlineMs, resolve);
      await promise;
      cancel();
    }
    const running = await this.#running?.catch(toldElsewhere);
    if (running !== undefined && running.child.exitCode === null && running.child.signalCode === null) {
      const exited = new Promise((resolve) => running.child.once('exit', resolve));
      running.child.kill('SIGKILL');
      await exited;
    }
    this.#failAll('ABORTED', 'the sandbox was closed');
  }

  /** As {@link SandboxProcess.close} with its default. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #start(running: RunningProcess, { id: module }: Held, call: Omit<OpenCall, 'asking' | 'onAbort' | 'stuck'>): void {
    const id = this.#nextId++;
    const { options, limits } = call;
    const onAbort = (): void => send(running, { kind: 'abort', id });
    const stuck = this.#clock.schedule(limits.deadlineMs + GRACE_MS, () => {
      logger.error('a sandbox process did not end a call at its deadline');
      running.child.kill('SIGKILL');
    });
    this.#calls.set(id, { ...call, asking: new AbortController(), onAbort, stuck });
    this.#memory.watch();
    options.signal?.addEventListener('abort', onAbort, { once: true });
    const { capabilities, signal: _signal, ...remote } = options;
    const requestFields = capabilities.requestFields;
    send(running, { kind: 'call', id, module, call: { ...remote, requestFields } });
  }

  /** The process, which is started unless it runs. @throws {SandboxError} SANDBOX_PROCESS */
  #process(): Promise<RunningProcess> {
    if (this.#running !== undefined) return this.#running;
    if (this.#clock.monotonicMs() - this.#diedAt < RESTART_MS) {
      return Promise.reject(new SandboxError('SANDBOX_PROCESS', 'the sandbox process has died a moment ago'));
    }
    const running = this.#open();
    this.#running = running;
    return running;
  }

  async #open(): Promise<RunningProcess> {
    const { inputBytes } = this.#limits;
    const { outputBytes, argumentBytes } = this.#callLimits;
    const running = startProcess({
      clock: this.#clock,
      memory: this.#memory,
      calls: () => this.#calls.size,
      maxFrame: Math.max(inputBytes, outputBytes, argumentBytes, MAX_PROFILE_FRAME) + FRAME_SLACK,
      maxPending: 2 * inputBytes + PENDING_SLACK,
      onMessage: (from, message) => this.#take(from, message),
      onLost: (lost, reason) => this.#lose(lost, reason),
    });
    this.#here = running;
    const cancel = this.#clock.schedule(START_MS, () => running.child.kill('SIGKILL'));
    await running.opened.promise.finally(cancel);
    try {
      for (const module of this.#modules.values()) await loadInto(running, module);
    } catch (error) {
      // Without one of its modules it would answer for them with errors for ever: the next call has another.
      running.child.kill('SIGKILL');
      throw error;
    }
    return running;
  }

  #take(running: RunningProcess, message: FromProcess): void {
    switch (message.kind) {
      case 'started':
        this.#admit(running, message.permissions);
        break;
      case 'open':
        running.opened.resolve();
        break;
      case 'loaded':
        running.loads.get(message.id)?.resolve();
        running.loads.delete(message.id);
        break;
      case 'refused':
        (running.loads.get(message.id) ?? running.profiles.get(message.id))?.reject(
          new CodedError(message.code, message.message),
        );
        running.loads.delete(message.id);
        break;
      case 'profile':
        running.profiles.get(message.id)?.resolve(message.profile);
        break;
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

  /** Guests are let in only where the engine says that the rights are gone. */
  #admit(running: RunningProcess, permissions: readonly string[]): void {
    if (permissions.length > 0) {
      throw new SandboxError('SANDBOX_PROCESS', `the process holds the permissions ${permissions.join(', ')}`);
    }
    const { limits = {}, callLimits = {} } = this.#options;
    send(running, { kind: 'open', limits, callLimits });
  }

  async #ask(
    running: RunningProcess,
    { id, call, ask }: Extract<FromProcess, { readonly kind: 'ask' }>,
  ): Promise<void> {
    const open = this.#calls.get(call);
    if (open === undefined) return;
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
    call.asking.abort();
    this.#stats.count(call.label, result, result.usage);
    call.resolve(result);
    if (this.#calls.size === 0) this.#drained?.();
  }

  #lose(running: RunningProcess, reason: string): void {
    const error = new SandboxError('SANDBOX_PROCESS', `the sandbox process was lost: ${reason}`);
    running.opened.reject(error);
    running.unwatch();
    for (const load of running.loads.values()) load.reject(error);
    running.loads.clear();
    for (const profile of running.profiles.values()) profile.reject(error);
    if (this.#here !== running) return;
    this.#here = undefined;
    this.#running = undefined;
    this.#stats.countLostThread();
    this.#diedAt = this.#clock.monotonicMs();
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

function failure(code: FailureCode, message: string): Failure {
  return { kind: 'failure', code, message };
}

function closedError(): SandboxError {
  return new SandboxError('SANDBOX_CLOSED', 'the sandbox is closed');
}
