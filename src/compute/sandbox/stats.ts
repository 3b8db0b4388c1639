/** Counts for whoever watches a sandbox. */
import { FunctionRecords, type FunctionStatistics } from '../metrics/index.ts';
import type { Failure, FailureCode, GuestError, Output, Usage } from './result.ts';

/** One thread in {@link SandboxStats}. */
export interface ThreadStats {
  readonly index: number;
  readonly state: 'ready' | 'starting';
  /** Calls handed over that have no result yet. */
  readonly calls: number;
}

/** What goes on now. */
export interface SandboxGauges {
  readonly threads: readonly ThreadStats[];
  readonly modules: number;
  readonly inFlight: number;
  readonly waiting: number;
  readonly openHostCalls: number;
}

/** Gauges, and counts since the start. */
export interface SandboxStats extends SandboxGauges {
  readonly outputs: number;
  readonly guestErrors: number;
  readonly failures: Readonly<Partial<Record<FailureCode, number>>>;
  readonly cpuMs: number;
  readonly hostCalls: number;
  /** Threads that had to be replaced. */
  readonly threadsLost: number;
  /** By label of their calls (`observability.md` §2). */
  readonly functions: readonly FunctionStatistics[];
}

/** Keeps the counts. */
export class StatsKeeper {
  #outputs = 0;
  #guestErrors = 0;
  #cpuMs = 0;
  #hostCalls = 0;
  #threadsLost = 0;
  readonly #failures: Partial<Record<FailureCode, number>> = {};
  readonly #functions = new FunctionRecords();

  /** One call of `label` has ended. */
  count(label: string, outcome: Output | GuestError | Failure, usage: Usage): void {
    this.#functions.count(label, outcome.kind === 'failure' ? outcome.code : outcome.kind, usage);
    if (usage.denials !== undefined) {
      for (const [name, times] of Object.entries(usage.denials)) this.#functions.deny(label, name, times);
    }
    if (outcome.kind === 'output') this.#outputs++;
    else if (outcome.kind === 'guest-error') this.#guestErrors++;
    else this.#failures[outcome.code] = (this.#failures[outcome.code] ?? 0) + 1;
    this.#cpuMs += usage.cpuMs;
    this.#hostCalls += usage.hostCalls;
  }

  /** A call of `label` was refused a capability. */
  countDenial(label: string, capability: string): void {
    this.#functions.deny(label, capability);
  }

  /** One thread was lost. */
  countLostThread(): void {
    this.#threadsLost++;
  }

  snapshot(gauges: SandboxGauges): SandboxStats {
    return {
      ...gauges,
      outputs: this.#outputs,
      guestErrors: this.#guestErrors,
      failures: { ...this.#failures },
      cpuMs: this.#cpuMs,
      hostCalls: this.#hostCalls,
      threadsLost: this.#threadsLost,
      functions: this.#functions.snapshot(),
    };
  }
}
