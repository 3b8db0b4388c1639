/**
 * A sandbox process that is started when it is first needed, and again when it has died, with the modules that were loaded in it.
 *
 * The life of a process: 1 it says which rights it holds, 2 it is opened, if they are none, 3 it is given its modules, 4 it is
 * asked for calls and profiles, 5 it is lost, and whoever waits for it learns of that.
 */
import { createHash } from 'node:crypto';
import { type Clock, CodedError } from '../../../kernel/index.ts';
import { type CpuProfile, ProfileError } from '../../profile/index.ts';
import type { LoadOptions } from '../compile/index.ts';
import type { LoadedFunction } from '../contract.ts';
import { SandboxError } from '../errors.ts';
import type { CallLimits, SandboxLimits } from '../limits.ts';
import type { SandboxOptions } from '../sandbox.ts';
import type { FromProcess, ToProcess } from './messages.ts';
import type { ProcessMemory } from './process-memory.ts';
import { MAX_PROFILE_FRAME } from './profile-shape.ts';
import { type Held, loadInto, type RunningProcess, send, startProcess, toldElsewhere } from './running-process.ts';

/** What a frame may hold beside the largest result or argument. */
const FRAME_SLACK = 1 << 20;
/** What may wait to be read by a process, beside inputs and as much of answers: modules. */
const PENDING_SLACK = 64 << 20;
const START_MS = 10_000;
/** A process that has just died is not started again before this. */
const RESTART_MS = 1000;
/** What a profile may take beyond its time before it is given up. */
const PROFILE_GRACE_MS = 15_000;

/** What a process says of its calls. */
export type CallMessage = Extract<FromProcess, { readonly kind: 'log' | 'ask' | 'result' }>;

/** What a process is started with. */
export interface OnDemandOptions {
  readonly clock: Clock;
  readonly memory: ProcessMemory;
  /** As they were given: the process adds the rest. */
  readonly given: Pick<SandboxOptions, 'limits' | 'callLimits'>;
  /** With the rest. */
  readonly limits: SandboxLimits;
  readonly callLimits: CallLimits;
  /** How many calls are in it. */
  readonly calls: () => number;
  /** Told of each message about calls; when it throws, the process is ended. */
  readonly onMessage: (running: RunningProcess, message: CallMessage) => void;
  /** Told once when a process was lost, whoever ended it. */
  readonly onLost: (reason: string) => void;
}

/** One process at a time, and what is loaded in it. */
export class OnDemandProcess {
  readonly #options: OnDemandOptions;
  readonly #modules = new Map<LoadedFunction, Held>();
  #running: Promise<RunningProcess> | undefined;
  /** The same, once it is there. */
  #here: RunningProcess | undefined;
  #diedAt = -RESTART_MS;
  /** Of modules and profiles. */
  #nextId = 1;

  /** Nothing is started yet. */
  constructor(options: OnDemandOptions) {
    this.#options = options;
  }

  /** The one that is there, be it only just started; undefined while there is none. */
  get here(): RunningProcess | undefined {
    return this.#here;
  }

  /** How many modules are loaded. */
  get modules(): number {
    return this.#modules.size;
  }

  /** The process, which is started unless it runs. @throws {SandboxError} SANDBOX_PROCESS */
  running(): Promise<RunningProcess> {
    if (this.#running !== undefined) return this.#running;
    if (this.#options.clock.monotonicMs() - this.#diedAt < RESTART_MS) {
      return Promise.reject(new SandboxError('SANDBOX_PROCESS', 'the sandbox process has died a moment ago'));
    }
    const running = this.#open();
    this.#running = running;
    return running;
  }

  /**
   * Takes in a module, which each later process is given as well.
   * @throws {CodedError} what `Sandbox.loadAside` throws; {SandboxError} SANDBOX_PROCESS when there is no process to be had
   */
  async load(bytes: Uint8Array, options: LoadOptions): Promise<LoadedFunction> {
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    // Its own copy: it is needed again when the process was lost.
    const module: Held = { digest, id: this.#nextId++, bytes: bytes.slice(), options };
    await loadInto(await this.running(), module);
    this.#modules.set(module, module);
    return module;
  }

  /** The module as it is known here. @throws TypeError when it is not loaded */
  held(module: LoadedFunction): Held {
    const held = this.#modules.get(module);
    if (held === undefined) throw new TypeError('the module is not loaded in this sandbox');
    return held;
  }

  /** Lets go of a module, if it is loaded. */
  unload(module: LoadedFunction): void {
    const held = this.#modules.get(module);
    if (held === undefined) return;
    this.#modules.delete(module);
    // One that is not running knows no modules.
    void this.#running?.then((running) => send(running, { kind: 'unload', id: held.id }), toldElsewhere);
  }

  /**
   * Profiles what calls of `module` do in the next `durationMs`.
   * @throws {ProfileError} also PROFILE_FAILED when the process does not answer; {SandboxError} SANDBOX_PROCESS
   */
  async profile(module: Held, durationMs: number, signal?: AbortSignal): Promise<CpuProfile> {
    const running = await this.running();
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
    const cancel = this.#options.clock.schedule(durationMs + PROFILE_GRACE_MS, () =>
      taking.reject(new ProfileError('PROFILE_FAILED', 'the process of the function does not answer')),
    );
    send(running, { kind: 'profile', id, module: module.id, durationMs });
    try {
      return await taking.promise;
    } finally {
      cancel();
      signal?.removeEventListener('abort', giveUp);
      profiles.delete(id);
    }
  }

  /** Ends the process, if there is one; resolves when it is gone. */
  async end(): Promise<void> {
    const running = await this.#running?.catch(toldElsewhere);
    if (running === undefined || running.child.exitCode !== null || running.child.signalCode !== null) return;
    const exited = new Promise((resolve) => running.child.once('exit', resolve));
    running.child.kill('SIGKILL');
    await exited;
  }

  async #open(): Promise<RunningProcess> {
    const { clock, memory, calls, limits, callLimits } = this.#options;
    const { inputBytes } = limits;
    const { outputBytes, argumentBytes } = callLimits;
    const running = startProcess({
      clock,
      memory,
      calls,
      maxFrame: Math.max(inputBytes, outputBytes, argumentBytes, MAX_PROFILE_FRAME) + FRAME_SLACK,
      maxPending: 2 * inputBytes + PENDING_SLACK,
      onMessage: (from, message) => this.#take(from, message),
      onLost: (lost, reason) => this.#lose(lost, reason),
    });
    this.#here = running;
    const cancel = clock.schedule(START_MS, () => running.child.kill('SIGKILL'));
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
      default:
        this.#options.onMessage(running, message);
    }
  }

  /** Guests are let in only where the engine says that the rights are gone. */
  #admit(running: RunningProcess, permissions: readonly string[]): void {
    if (permissions.length > 0) {
      throw new SandboxError('SANDBOX_PROCESS', `the process holds the permissions ${permissions.join(', ')}`);
    }
    const { limits = {}, callLimits = {} } = this.#options.given;
    send(running, { kind: 'open', limits, callLimits } satisfies ToProcess);
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
    this.#diedAt = this.#options.clock.monotonicMs();
    this.#options.onLost(reason);
  }
}
