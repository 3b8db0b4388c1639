/**
 * The sandbox: runs guests in threads of their own, each call in a fresh instance, within its limits (`docs/sandbox.md`).
 *
 * The life of a call: 1 the door of its module, 2 the least loaded thread, 3 its slices there, 4 the desk for what it asks of
 * the world, 5 the result. Whatever happens to guest or thread, every call gets exactly one result.
 */
import { getLogger } from '@logtape/logtape';
import { type Clock, delay } from '../../kernel/index.ts';
import type { Ask } from '../abi/index.ts';
import type { LogLevel } from '../capability/index.ts';
import { Door } from './admission.ts';
import { Desk } from './desk.ts';
import { SandboxError } from './errors.ts';
import { ensureSandboxFlags } from './flags.ts';
import type { GuestThread } from './guest-thread.ts';
import {
  type CallLimits,
  DEFAULT_CALL_LIMITS,
  type SandboxLimits,
  defaultSandboxLimits,
  withLimits,
} from './limits.ts';
import { type CompiledModule, type LoadOptions, type SandboxModule, compileModule } from './module.ts';
import { type CallOptions, type LoadedModule, type OpenCall, startMessage, unpackOutcome } from './open-call.ts';
import type { CallResult, Failure, FailureCode, GuestError, Output } from './result.ts';
import { type SandboxStats, StatsKeeper } from './stats.ts';
import { ThreadPool } from './thread-pool.ts';
import type { PackedResult } from './wire.ts';

const logger = getLogger(['perigee', 'compute', 'sandbox']);
/** How long calls that were told to end at the close may take before their threads are ended. */
const UNWIND_MS = 250;
const PAGE = 65_536;

/** How a sandbox is made. */
export interface SandboxOptions {
  readonly clock: Clock;
  readonly limits?: Partial<SandboxLimits>;
  /** Limits of calls that bring none of their own. */
  readonly callLimits?: Partial<CallLimits>;
}

/** A pool of threads that run guests. Made by {@link Sandbox.create}; to be closed. */
export class Sandbox implements AsyncDisposable {
  readonly #clock: Clock;
  readonly #limits: SandboxLimits;
  readonly #callLimits: CallLimits;
  readonly #modules = new Map<SandboxModule, LoadedModule>();
  /** Calls in threads, by number. */
  readonly #open = new Map<number, OpenCall>();
  /** Modules with calls in line, in the order in which their turn comes. */
  readonly #lines = new Set<LoadedModule>();
  readonly #desk: Desk;
  readonly #stats = new StatsKeeper();
  readonly #pool: ThreadPool;
  #nextCall = 1;
  #nextModule = 1;
  #closing: Promise<void> | undefined;
  /** Called when the last call has ended, while closing. */
  #drained: (() => void) | undefined;

  private constructor(options: SandboxOptions) {
    this.#clock = options.clock;
    this.#limits = withLimits(defaultSandboxLimits(), options.limits);
    this.#callLimits = withLimits(DEFAULT_CALL_LIMITS, options.callLimits);
    this.#desk = new Desk(this.#limits.openHostCalls);
    this.#pool = new ThreadPool(options.clock, this.#limits, {
      log: (call, level, message) => this.#log(call, level, message),
      ask: (call, ask) => void this.#ask(call, ask),
      result: (result, bytes) => this.#receive(result, bytes),
      lost: (thread, reason) => this.#lose(thread, reason),
      ready: () => this.#serveLines(),
    });
  }

  /**
   * Sets the engine's flags, starts the threads; resolves when they take calls.
   * @throws {SandboxError} SANDBOX_FLAGS, SANDBOX_BAD_LIMIT, SANDBOX_THREAD
   */
  static async create(options: SandboxOptions): Promise<Sandbox> {
    ensureSandboxFlags();
    const sandbox = new Sandbox(options);
    await sandbox.#pool.start();
    return sandbox;
  }

  /**
   * Takes in a module: checks and rewrites it, compiles it once for all threads. Synchronous, about 10 ms for half a megabyte.
   * @throws {WasmError} when the binary is not acceptable; {AbiError} when it is no guest; {SandboxError} SANDBOX_CLOSED
   */
  load(bytes: Uint8Array, options: LoadOptions = {}): SandboxModule {
    if (this.#closing !== undefined) throw closedError();
    return this.#adopt(compileModule(bytes, this.#limits.memoryBytes, options));
  }

  /** Lets go of a module; calls in flight finish, later ones are refused. */
  unload(module: SandboxModule): void {
    const loaded = this.#modules.get(module);
    if (loaded === undefined) return;
    this.#modules.delete(module);
    this.#pool.unload(loaded.id);
  }

  /**
   * Runs `module` once. Never rejects for anything a guest does.
   * @throws {SandboxError} SANDBOX_CLOSED, SANDBOX_BAD_LIMIT; TypeError when the module is not loaded here.
   */
  call(module: SandboxModule, options: CallOptions): Promise<CallResult> {
    if (this.#closing !== undefined) return Promise.reject(closedError());
    const loaded = this.#modules.get(module);
    if (loaded === undefined) return Promise.reject(new TypeError('the module is not loaded in this sandbox'));
    return new Promise((resolve) => {
      const call: OpenCall = {
        id: this.#nextCall++,
        module: loaded,
        options,
        limits: withLimits(this.#callLimits, options.limits),
        calledAt: this.#clock.monotonicMs(),
        resolve,
        onAbort: () => this.#abort(call),
        cancelWait: undefined,
        startedAt: undefined,
        thread: undefined,
        asking: undefined,
      };
      this.#admit(call);
    });
  }

  /** What goes on now and what has happened since the start. */
  stats(): SandboxStats {
    let waiting = 0;
    for (const module of this.#lines) waiting += module.door.waiting;
    return this.#stats.snapshot({
      threads: this.#pool.threads(),
      modules: this.#modules.size,
      inFlight: this.#open.size,
      waiting,
      openHostCalls: this.#desk.open,
    });
  }

  /** Lets calls finish for up to `deadlineMs`, ends those that do not, then the threads. */
  close(deadlineMs = 10_000): Promise<void> {
    this.#closing ??= this.#close(deadlineMs);
    return this.#closing;
  }

  /** As {@link Sandbox.close} with its default. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #adopt(compiled: CompiledModule): SandboxModule {
    const door = new Door<OpenCall>(this.#limits.concurrency, this.#limits.queue);
    const loaded: LoadedModule = { ...compiled, id: this.#nextModule++, door };
    this.#modules.set(loaded, loaded);
    return loaded;
  }

  #admit(call: OpenCall): void {
    const { signal } = call.options;
    if (signal?.aborted === true) {
      this.#finish(call, failure('ABORTED', 'the caller had given up before'));
      return;
    }
    signal?.addEventListener('abort', call.onAbort, { once: true });
    const { door } = call.module;
    if (door.waiting === 0 && this.#mayStart(call.module)) {
      this.#start(call);
    } else if (door.wait(call)) {
      this.#lines.add(call.module);
      call.cancelWait = this.#clock.schedule(call.limits.deadlineMs, () => {
        this.#finish(call, failure('DEADLINE', 'the deadline passed while the call waited in line'));
      });
    } else {
      const { retryAfterSeconds } = door;
      this.#finish(call, { ...failure('OVERLOADED', 'too many calls of the module wait'), retryAfterSeconds });
    }
  }

  #mayStart(module: LoadedModule): boolean {
    return module.door.hasRoom && this.#open.size < this.#limits.totalConcurrency && this.#pool.available;
  }

  #start(call: OpenCall): void {
    const thread = this.#pool.leastLoaded();
    if (thread === undefined) throw new Error('no thread is available, and #mayStart said otherwise');
    call.cancelWait?.();
    call.startedAt = this.#clock.monotonicMs();
    call.thread = thread;
    call.module.door.enter();
    this.#open.set(call.id, call);
    const { module } = call;
    if (!thread.knows(module.id)) {
      const { code, profile, memory } = module;
      thread.load({
        id: module.id,
        code,
        profile,
        pages: memory.initialBytes / PAGE,
        maxPages: memory.maxBytes / PAGE,
      });
    }
    const leftMs = call.limits.deadlineMs - (call.startedAt - call.calledAt);
    thread.begin((pack) => startMessage(call, leftMs, pack));
  }

  /** Modules take turns, so that one with a long line does not starve the others. */
  #serveLines(): void {
    for (const module of this.#lines) {
      if (!this.#mayStart(module)) continue;
      const call = module.door.next();
      this.#lines.delete(module);
      if (module.door.waiting > 0) this.#lines.add(module);
      if (call !== undefined) this.#start(call);
    }
  }

  #abort(call: OpenCall): void {
    if (call.thread === undefined) this.#finish(call, failure('ABORTED', 'the caller gave up'));
    else call.thread.abort(call.id);
  }

  #log(id: number, level: LogLevel, message: string): void {
    try {
      this.#open.get(id)?.options.capabilities.log(level, message);
    } catch (error) {
      logger.error('the log capability threw', { error });
    }
  }

  async #ask(id: number, ask: Ask): Promise<void> {
    const call = this.#open.get(id);
    if (call === undefined) return;
    call.asking ??= new AbortController();
    const { capabilities } = call.options;
    const answer = await this.#desk.ask(capabilities, ask, call.limits.argumentBytes, call.asking.signal);
    if (this.#open.has(id)) call.thread?.answer(id, answer);
  }

  #receive([id, packed, cpuMs, memoryBytes, hostCalls]: PackedResult, bytes: ArrayBuffer): void {
    const call = this.#open.get(id);
    if (call === undefined) return;
    const outcome = unpackOutcome(packed, bytes);
    if (outcome.kind === 'failure' && outcome.code === 'OVERLOADED') {
      this.#finish(
        call,
        { ...outcome, retryAfterSeconds: call.module.door.retryAfterSeconds },
        cpuMs,
        memoryBytes,
        hostCalls,
      );
    } else {
      this.#finish(call, outcome, cpuMs, memoryBytes, hostCalls);
    }
  }

  #lose(thread: GuestThread, reason: string): void {
    this.#stats.countLostThread();
    logger.error('guest thread {thread} was lost: {reason}', { thread: thread.index, reason, calls: thread.calls });
    for (const call of this.#open.values()) {
      if (call.thread === thread) this.#finish(call, failure('THREAD_LOST', `its thread was lost: ${reason}`));
    }
  }

  /** The only place where a call gets its result. */
  #finish(call: OpenCall, outcome: Output | GuestError | Failure, cpuMs = 0, memoryBytes = 0, hostCalls = 0): void {
    const now = this.#clock.monotonicMs();
    const { door } = call.module;
    call.cancelWait?.();
    call.options.signal?.removeEventListener('abort', call.onAbort);
    if (call.thread === undefined) {
      door.giveUp(call);
    } else {
      this.#open.delete(call.id);
      call.thread.calls--;
      door.leave(now - (call.startedAt ?? now));
    }
    call.asking?.abort();
    const queueMs = (call.startedAt ?? now) - call.calledAt;
    const usage = { cpuMs, wallMs: now - call.calledAt, queueMs, memoryBytes, hostCalls };
    this.#stats.count(outcome, usage);
    call.resolve({ ...outcome, usage });
    if (this.#lines.size > 0) this.#serveLines();
    if (this.#open.size === 0) this.#drained?.();
  }

  async #close(deadlineMs: number): Promise<void> {
    await this.#idle(deadlineMs);
    for (const module of this.#lines) {
      for (let call = module.door.next(); call !== undefined; call = module.door.next()) {
        this.#finish(call, failure('ABORTED', 'the sandbox was closed'));
      }
    }
    for (const call of this.#open.values()) call.thread?.abort(call.id);
    await this.#idle(UNWIND_MS);
    for (const call of this.#open.values()) this.#finish(call, failure('ABORTED', 'the sandbox was closed'));
    await this.#pool.close();
  }

  /** Resolves when nothing is in flight, at the latest after `ms`. */
  async #idle(ms: number): Promise<void> {
    if (this.#open.size === 0) return;
    const waiting = new AbortController();
    this.#drained = () => waiting.abort();
    await delay(this.#clock, ms, waiting.signal).catch(() => 'drained before the deadline');
    this.#drained = undefined;
  }
}

function failure(code: FailureCode, message: string): Failure {
  return { kind: 'failure', code, message };
}

function closedError(): SandboxError {
  return new SandboxError('SANDBOX_CLOSED', 'the sandbox is closed');
}
