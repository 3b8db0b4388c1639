/**
 * The sandbox: runs guests in threads of their own, each call in an instance as new, within its limits (`docs/sandbox.md`).
 *
 * The life of a call: 1 the door of its module, 2 the least loaded thread, 3 its slices there, 4 the desk for what it asks of
 * the world, 5 the result. Whatever happens to guest or thread, every call gets exactly one result.
 */
import { getLogger } from '@logtape/logtape';
import { type Clock, SlotMap } from '../../kernel/index.ts';
import type { LogLevel } from '../capability/index.ts';
import { FileRoom, GrantedFiles, sessionOf } from '../wasi/host/index.ts';
import { Callers, Door, Lines, NOBODY, type ResidentMemory, residentMemory } from './admission/index.ts';
import { CompileThread } from './compile/index.ts';
import { Desk } from './desk.ts';
import { Drain } from './drain.ts';
import { closedError } from './errors.ts';
import { ensureSandboxFlags } from './flags.ts';
import type { GuestThread } from './pool/index.ts';
import {
  type CallLimits,
  DEFAULT_CALL_LIMITS,
  type SandboxLimits,
  defaultSandboxLimits,
  lowered,
  withLimits,
} from './limits.ts';
import type { CpuProfile } from '../profile/index.ts';
import {
  type CompiledModule,
  engineName,
  type LoadOptions,
  type SandboxModule,
  compileModule,
} from './compile/index.ts';
import {
  type CallOptions,
  inputBytesOf,
  labelOf,
  type LoadedModule,
  moduleMessage,
  type OpenCall,
  type ThreadUsage,
  tooSmallFor,
  unpackOutcome,
  UNUSED,
  usageOf,
  writeStart,
} from './open-call.ts';
import { type CallResult, type Failure, failure, type GuestError, type Output } from './result.ts';
import { type SandboxStats, StatsKeeper } from './stats.ts';
import { ThreadPool } from './pool/index.ts';
import type { CallEnd, ThreadAsk } from './wire/index.ts';

const logger = getLogger(['perigee', 'compute', 'sandbox']);
/** How long calls that were told to end at the close may take before their threads are ended. */
const UNWIND_MS = 250;
/** Ours: modules up to this size take a few milliseconds. */
const SMALL_BYTES = 256 << 10;

/** How a sandbox is made. */
export interface SandboxOptions {
  readonly clock: Clock;
  readonly limits?: Partial<SandboxLimits>;
  /** Limits of calls that bring none of their own. */
  readonly callLimits?: Partial<CallLimits>;
  /** What this process holds in memory now, bytes; asked ten times a second at most. Default: its resident set. */
  readonly residentBytes?: () => number;
}

/** A pool of threads that run guests. Made by {@link Sandbox.create}; to be closed. */
export class Sandbox implements AsyncDisposable {
  readonly #clock: Clock;
  readonly #limits: SandboxLimits;
  readonly #callLimits: CallLimits;
  readonly #modules = new Map<SandboxModule, LoadedModule>();
  /** Calls in threads, by number. */
  readonly #open = new SlotMap<OpenCall>();
  readonly #lines: Lines<LoadedModule, OpenCall>;
  readonly #callers: Callers;
  /** Of calls without a result. */
  #inputBytes = 0;
  readonly #resident: ResidentMemory;
  readonly #desk: Desk;
  readonly #fileRoom = new FileRoom();
  readonly #stats = new StatsKeeper();
  readonly #pool: ThreadPool;
  readonly #compiler: CompileThread;
  #nextCall = 1;
  #nextModule = 1;
  readonly #drain: Drain;
  #closing: Promise<void> | undefined;

  private constructor(options: SandboxOptions) {
    this.#clock = options.clock;
    this.#limits = withLimits(defaultSandboxLimits(), options.limits);
    this.#callLimits = withLimits(DEFAULT_CALL_LIMITS, options.callLimits);
    this.#callers = new Callers(this.#limits.callerConcurrency);
    this.#lines = new Lines({
      mayStart: (module) => this.#mayStart(module),
      mayGo: (caller) => this.#callers.hasRoom(caller),
      start: (call) => this.#start(call),
    });
    this.#drain = new Drain(options.clock);
    this.#resident = residentMemory(options, this.#limits);
    this.#desk = new Desk(this.#limits.openHostCalls);
    this.#compiler = new CompileThread(options.clock);
    this.#pool = new ThreadPool(options.clock, this.#limits, {
      log: (call, level, message) => this.#log(call, level, message),
      ask: (call, ask) => void this.#ask(call, ask),
      ended: (end, bytes) => this.#receive(end, bytes),
      lost: (thread, reason) => this.#lose(thread, reason),
      ready: () => this.#lines.serve(),
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
   * Takes in a module: checks and rewrites it, compiles it once for all threads. Synchronous, about 10 ms for each megabyte:
   * whoever serves others meanwhile calls {@link Sandbox.loadAside}.
   * @throws {WasmError} when the binary is not acceptable; {AbiError} when it is no guest; {SandboxError} SANDBOX_CLOSED
   */
  load(bytes: Uint8Array, options: LoadOptions = {}): SandboxModule {
    if (this.#closing !== undefined) throw closedError();
    return this.#adopt(compileModule(bytes, this.#limits.memoryBytes, options));
  }

  /**
   * As {@link Sandbox.load}, in a thread of its own; one module at a time. `bytes` are copied at once. Small modules are taken
   * in here: that takes no longer than handing them over.
   * @throws {SandboxError} SANDBOX_COMPILE also when it takes longer than 30 s, or too many modules wait.
   */
  async loadAside(bytes: Uint8Array, options: LoadOptions = {}): Promise<SandboxModule> {
    if (this.#closing !== undefined) throw closedError();
    if (bytes.length <= SMALL_BYTES) return this.load(bytes, options);
    const compiled = await this.#compiler.compile(bytes, this.#limits.memoryBytes, options);
    if (this.#closing !== undefined) throw closedError();
    return this.#adopt(compiled);
  }

  /** Lets go of a module; calls in flight finish, later ones are refused. */
  unload(module: SandboxModule): void {
    const loaded = this.#modules.get(module);
    if (loaded === undefined) return;
    this.#modules.delete(module);
    loaded.unloaded = true;
    this.#forgetUnused(loaded);
  }

  /**
   * Runs `module` once. Never rejects for anything a guest does.
   * @throws {SandboxError} SANDBOX_CLOSED, SANDBOX_BAD_LIMIT; {WasiError} WASI_BAD_GRANT, WASI_UNSUPPORTED; TypeError when the module is not loaded here.
   */
  call(module: SandboxModule, options: CallOptions): Promise<CallResult> {
    if (this.#closing !== undefined) return Promise.reject(closedError());
    const loaded = this.#modules.get(module);
    if (loaded === undefined) return Promise.reject(new TypeError('the module is not loaded in this sandbox'));
    return new Promise((resolve) => {
      const limits = lowered(withLimits(this.#callLimits, options.limits), options.declared);
      const call: OpenCall = {
        id: this.#nextCall++,
        module: loaded,
        options,
        limits,
        caller: options.caller ?? NOBODY,
        inputBytes: inputBytesOf(options),
        wasi: options.wasi && {
          session: sessionOf(options.wasi, limits.handles),
          files: new GrantedFiles(this.#fileRoom, options.wasi, limits.handles),
        },
        calledAt: this.#clock.monotonicMs(),
        resolve,
        onAbort: () => this.#abort(call),
        cancelWait: undefined,
        startedAt: undefined,
        thread: undefined,
        asking: undefined,
      };
      this.#inputBytes += call.inputBytes;
      this.#admit(call);
    });
  }

  /**
   * Profiles what calls of `module` do in the next `durationMs`, without slowing them down noticeably.
   * @throws {ProfileError} PROFILE_BUSY, PROFILE_FAILED; TypeError when the module is not loaded here; what `signal` says
   */
  async profile(module: SandboxModule, durationMs: number, signal?: AbortSignal): Promise<CpuProfile> {
    const loaded = this.#modules.get(module);
    if (loaded === undefined) throw new TypeError('the module is not loaded in this sandbox');
    // For those who use it.
    const { guestReader, ProfileCollector, profileThreads } = await import('../profile/index.ts');
    const collector = new ProfileCollector(guestReader(engineName(loaded.digest), loaded.codeMap));
    await profileThreads({
      clock: this.#clock,
      durationMs,
      threads: () => this.#pool.running(),
      onPiece: (thread, piece) => collector.add(thread, piece),
      signal,
    });
    return collector.profile();
  }

  /** What goes on now and what has happened since the start. */
  stats(): SandboxStats {
    return this.#stats.snapshot({
      threads: this.#pool.threads(),
      modules: this.#modules.size,
      inFlight: this.#open.size,
      waiting: this.#lines.waiting,
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
    const loaded: LoadedModule = { ...compiled, id: this.#nextModule++, door, unloaded: false };
    this.#modules.set(loaded, loaded);
    this.#pool.load(moduleMessage(loaded));
    return loaded;
  }

  #admit(call: OpenCall): void {
    const { signal } = call.options;
    if (signal?.aborted === true) {
      this.#finish(call, failure('ABORTED', 'the caller had given up before'));
      return;
    }
    signal?.addEventListener('abort', call.onAbort, { once: true });
    const tooSmall = tooSmallFor(call);
    if (tooSmall !== undefined) {
      this.#finish(call, failure('MEMORY_LIMIT', tooSmall));
      return;
    }
    if (this.#inputBytes > this.#limits.inputBytes) {
      this.#refuse(call, 'the calls that have no result yet hold too many bytes of input');
      return;
    }
    // One at a time goes on: without anything to do the engine would not give memory back.
    if (this.#open.size > 0 && this.#resident.exceeded) {
      this.#refuse(call, 'the process holds too much memory');
      return;
    }
    const { door } = call.module;
    if (door.waiting === 0 && this.#mayStart(call.module) && this.#callers.hasRoom(call.caller)) {
      this.#start(call);
      return;
    }
    const sentAway = door.wait(call.caller, call);
    if (sentAway !== call) {
      this.#lines.add(call.module);
      call.cancelWait = this.#clock.schedule(call.limits.deadlineMs, () => {
        this.#finish(call, failure('DEADLINE', 'the deadline passed while the call waited in line'));
      });
    }
    if (sentAway !== undefined) this.#refuse(sentAway, 'too many calls of the module wait');
    // Others may only be held back by their caller's share.
    if (this.#mayStart(call.module)) this.#lines.serve();
  }

  #refuse(call: OpenCall, message: string): void {
    const { retryAfterSeconds } = call.module.door;
    this.#finish(call, { ...failure('OVERLOADED', message), retryAfterSeconds });
  }

  #mayStart(module: LoadedModule): boolean {
    return module.door.hasRoom && this.#open.size < this.#limits.totalConcurrency && this.#pool.available;
  }

  #start(call: OpenCall): void {
    const thread = this.#pool.choose();
    if (thread === undefined) throw new Error('no thread is available, and #mayStart said otherwise');
    call.cancelWait?.();
    call.startedAt = this.#clock.monotonicMs();
    call.thread = thread;
    call.module.door.enter();
    this.#open.set(call.id, call);
    const caller = this.#callers.enter(call.caller);
    const leftMs = call.limits.deadlineMs - (call.startedAt - call.calledAt);
    thread.begin((calls) => writeStart(call, caller, leftMs, calls));
  }

  /** The threads forget a module that was unloaded, once nobody uses it. */
  #forgetUnused(module: LoadedModule): void {
    const { door, id, unloaded } = module;
    if (unloaded && door.inFlight === 0 && door.waiting === 0) this.#pool.unload(id);
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

  async #ask(id: number, ask: ThreadAsk): Promise<void> {
    const call = this.#open.get(id);
    if (call === undefined) return;
    call.asking ??= new AbortController();
    const { capabilities } = call.options;
    const { signal } = call.asking;
    const answer = await this.#desk.ask(capabilities, ask, call.limits.argumentBytes, signal, call.wasi?.files);
    if (!answer.ok && answer.reason === 'refused') this.#stats.countDenial(labelOf(call), ask.capability);
    if (this.#open.has(id)) call.thread?.answer(id, answer);
  }

  #receive(end: CallEnd, bytes: ArrayBuffer): void {
    const call = this.#open.get(end.call);
    if (call === undefined) return;
    const outcome = unpackOutcome(end.outcome, bytes, call.module.codeMap);
    if (outcome.kind === 'failure' && outcome.code === 'OVERLOADED') {
      this.#finish(call, { ...outcome, retryAfterSeconds: call.module.door.retryAfterSeconds }, end);
    } else {
      this.#finish(call, outcome, end);
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
  #finish(call: OpenCall, outcome: Output | GuestError | Failure, used: ThreadUsage = UNUSED): void {
    const now = this.#clock.monotonicMs();
    const { door } = call.module;
    call.cancelWait?.();
    call.options.signal?.removeEventListener('abort', call.onAbort);
    if (call.thread === undefined) {
      door.giveUp(call.caller, call);
    } else {
      this.#open.delete(call.id);
      call.thread.calls--;
      this.#callers.leave(call.caller);
      door.leave(now - (call.startedAt ?? now));
    }
    this.#inputBytes -= call.inputBytes;
    this.#forgetUnused(call.module);
    call.asking?.abort();
    call.wasi?.files.close();
    const usage = usageOf(call, used, now);
    this.#stats.count(labelOf(call), outcome, usage);
    call.resolve({ ...outcome, usage });
    if (!this.#lines.empty) this.#lines.serve();
    if (this.#open.size === 0) this.#drain.reach();
  }

  async #close(deadlineMs: number): Promise<void> {
    await this.#idle(deadlineMs);
    for (const call of this.#lines.clear()) this.#finish(call, failure('ABORTED', 'the sandbox was closed'));
    for (const call of this.#open.values()) call.thread?.abort(call.id);
    await this.#idle(UNWIND_MS);
    for (const call of this.#open.values()) this.#finish(call, failure('ABORTED', 'the sandbox was closed'));
    await this.#compiler.close();
    await this.#pool.close();
    await this.#fileRoom.idle(this.#clock, UNWIND_MS);
  }

  /** Resolves when nothing is in flight, at the latest after `ms`. */
  async #idle(ms: number): Promise<void> {
    if (this.#open.size > 0) await this.#drain.wait(ms);
  }
}
