/** Sandbox processes, one for each tenant: who breaks out finds nothing of the others. */
import type { CpuProfile } from '../../profile/index.ts';
import type { FunctionSandbox, LoadedFunction } from '../contract.ts';
import { closedError, SandboxError } from '../errors.ts';
import { defaultSandboxLimits, withLimits } from '../limits.ts';
import type { LoadOptions } from '../compile/index.ts';
import type { CallOptions } from '../open-call.ts';
import type { CallResult } from '../result.ts';
import type { SandboxOptions } from '../sandbox.ts';
import { type SandboxStats, StatsKeeper } from '../stats.ts';
import { ProcessMemory } from './process-memory.ts';
import { SandboxProcess } from './sandbox-process.ts';

/** Ours: each is a Node process, some 100 MB. */
const MAX_TENANTS = 64;

interface Tenant {
  readonly process: SandboxProcess;
  modules: number;
}

/** One process for each tenant of {@link LoadOptions}, while it has modules. To be closed. */
export class SandboxProcesses implements FunctionSandbox, AsyncDisposable {
  readonly #options: SandboxOptions;
  readonly #stats = new StatsKeeper();
  readonly #memory: ProcessMemory;
  readonly #tenants = new Map<string, Tenant>();
  readonly #homes = new Map<LoadedFunction, string>();
  #closed = false;

  /**
   * Limits are of each process, but for `residentBytes`, which they share.
   * @param processBytes what a process holds, bytes. Default: what the system says.
   */
  constructor(options: SandboxOptions, processBytes?: (pid: number) => number) {
    this.#options = options;
    const { residentBytes } = withLimits(defaultSandboxLimits(), options.limits);
    this.#memory = new ProcessMemory(options.clock, residentBytes, processBytes);
  }

  /** As `SandboxProcess.load`. @throws {SandboxError} also SANDBOX_PROCESS when there are too many tenants */
  async load(bytes: Uint8Array, options: LoadOptions = {}): Promise<LoadedFunction> {
    if (this.#closed) throw closedError();
    const name = options.tenant ?? '';
    const tenant = this.#tenants.get(name) ?? this.#open(name);
    tenant.modules++;
    try {
      const module = await tenant.process.load(bytes, options);
      this.#homes.set(module, name);
      return module;
    } catch (error) {
      this.#leave(name, tenant);
      throw error;
    }
  }

  /** As {@link SandboxProcesses.load}, which never holds up the thread it is called from. */
  loadAside(bytes: Uint8Array, options?: LoadOptions): Promise<LoadedFunction> {
    return this.load(bytes, options);
  }

  /** As `Sandbox.unload`; the process of a tenant without modules is ended. */
  unload(module: LoadedFunction): void {
    const name = this.#homes.get(module);
    const tenant = name === undefined ? undefined : this.#tenants.get(name);
    if (name === undefined || tenant === undefined) return;
    this.#homes.delete(module);
    tenant.process.unload(module);
    this.#leave(name, tenant);
  }

  /** As `SandboxProcess.call`. */
  async call(module: LoadedFunction, options: CallOptions): Promise<CallResult> {
    return this.#processOf(module).call(module, options);
  }

  /** As `SandboxProcess.profile`: of the process that runs the module. */
  async profile(module: LoadedFunction, durationMs: number, signal?: AbortSignal): Promise<CpuProfile> {
    return this.#processOf(module).profile(module, durationMs, signal);
  }

  /** Of all processes together. */
  stats(): SandboxStats {
    const all = [...this.#tenants.values()].map(({ process }) => process.stats());
    const sum = (of: (one: SandboxStats) => number): number => all.reduce((total, one) => total + of(one), 0);
    return this.#stats.snapshot({
      threads: [],
      modules: this.#homes.size,
      inFlight: sum(({ inFlight }) => inFlight),
      waiting: sum(({ waiting }) => waiting),
      openHostCalls: sum(({ openHostCalls }) => openHostCalls),
    });
  }

  /** Numbers of the processes that run, at the operating system. */
  get processIds(): readonly number[] {
    return [...this.#tenants.values()].flatMap(({ process }) => (process.pid === undefined ? [] : [process.pid]));
  }

  /** Closes every process. */
  async close(deadlineMs?: number): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#tenants.values()].map(({ process }) => process.close(deadlineMs)));
  }

  /** As {@link SandboxProcesses.close} with its default. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #processOf(module: LoadedFunction): SandboxProcess {
    const home = this.#homes.get(module);
    const tenant = home === undefined ? undefined : this.#tenants.get(home);
    if (tenant === undefined) throw new TypeError('the module is not loaded in this sandbox');
    return tenant.process;
  }

  #open(name: string): Tenant {
    if (this.#tenants.size >= MAX_TENANTS) {
      throw new SandboxError('SANDBOX_PROCESS', `there are ${MAX_TENANTS} tenants with processes already`);
    }
    const tenant = { process: new SandboxProcess(this.#options, this.#stats, this.#memory), modules: 0 };
    this.#tenants.set(name, tenant);
    return tenant;
  }

  #leave(name: string, tenant: Tenant): void {
    if (--tenant.modules > 0) return;
    this.#tenants.delete(name);
    void tenant.process.close();
  }
}
