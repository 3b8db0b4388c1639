import type { FunctionRequest } from '../../compute/abi/index.ts';
import {
  bindCapabilities,
  type CapabilityEvent,
  type CapabilityProviders,
  createLogBudget,
  DEFAULT_LOG_LIMITS,
  type EnvironmentProvider,
  type Grants,
  type GuestLogLine,
  memoryCache,
} from '../../compute/capability/index.ts';
import type { CallResult, SandboxStats } from '../../compute/sandbox/index.ts';
import type { Clock } from '../../kernel/index.ts';
import { databasesOnDemand, describeTrouble } from '../databases/index.ts';
import { checkOwnerGrant, grantFor, type Isolation, openSandbox, type OwnerGrant } from '../isolation/index.ts';
import type { LoadedModule } from './module-source.ts';

/** How a function is run. */
export interface FunctionHostOptions {
  readonly module: Pick<LoadedModule, 'name' | 'bytes' | 'application' | 'limits'>;
  readonly grants: Grants;
  readonly staticFiles: ReadStatic | undefined;
  readonly secrets: ReadonlyMap<string, string>;
  /** Where the variables are that the grants name as `env(NAME)`; undefined: nowhere. */
  readonly environment?: EnvironmentProvider | undefined;
  /** Wall-clock deadline of a call. */
  readonly timeoutMs: number;
  /** What a call may spend running in the guest. */
  readonly cpuMs: number;
  readonly memoryBytes: number;
  readonly threads: number;
  /** Where it runs: in threads of this process, or in a process without rights (`sandbox.md` §8). */
  readonly isolation: Isolation;
  /** What its owner grants of this machine; undefined: nothing. */
  readonly wasi?: OwnerGrant | undefined;
  /** Calls in flight; above it callers wait. */
  readonly concurrency: number;
  readonly clock: Clock;
  readonly onLog: (line: GuestLogLine) => void;
  /** Told why a query failed, which its function is not, and of statements that could not be stopped. */
  readonly onTrouble?: ((text: string) => void) | undefined;
}

/** The static file of a checked relative name. */
export type ReadStatic = (name: string) => Promise<Uint8Array | undefined>;

/** A function that takes calls. */
export interface FunctionHost {
  /** `sha256:…` of the module. */
  readonly digest: string;
  /** @param caller whose call it is; callers take turns when there are too many calls. */
  readonly call: (request: FunctionRequest, signal: AbortSignal | undefined, caller?: string) => Promise<CallResult>;
  readonly stats: () => SandboxStats;
  /** Lets calls in flight finish for up to `deadlineMs`. */
  readonly close: (deadlineMs: number) => Promise<void>;
}

/**
 * Loads the module and starts the threads.
 * @throws {WasmError | AbiError | SandboxError} when the module cannot be run; what `checkOwnerGrant` throws
 */
export async function openFunctionHost(options: FunctionHostOptions): Promise<FunctionHost> {
  const { module, grants, clock } = options;
  if (options.wasi !== undefined) await checkOwnerGrant(options.wasi, options.isolation);
  const wasi = options.wasi && grantFor(options.wasi, module.name);
  const { concurrency, callerConcurrency, ...declared } = module.limits ?? {};
  const sandbox = await openSandbox(options.isolation, {
    clock,
    limits: {
      threads: options.threads,
      memoryBytes: options.memoryBytes,
      concurrency: Math.min(options.concurrency, concurrency ?? options.concurrency),
      ...(callerConcurrency !== undefined && { callerConcurrency }),
    },
    callLimits: { deadlineMs: options.timeoutMs, cpuMs: options.cpuMs },
  });
  try {
    const loaded = await sandbox.load(module.bytes);
    const egress = grants.http.enabled || grants.graphql.enabled ? await openEgress(clock) : undefined;
    const databases = grants.database.enabled
      ? databasesOnDemand(clock, (trouble) =>
          options.onTrouble?.(`a statement could not be stopped at its database: ${trouble}`),
        )
      : undefined;
    const providers = { ...providersOf(options, egress), ...(databases && { database: databases.provider }) };
    const onEvent = reportQueries(options);
    const logBudget = createLogBudget(clock, DEFAULT_LOG_LIMITS);
    return {
      digest: loaded.digest,
      stats: () => sandbox.stats(),
      call: (request, signal, caller) =>
        sandbox.call(loaded, {
          request,
          declared,
          ...(caller !== undefined && { caller }),
          label: module.name,
          ...(wasi !== undefined && { wasi }),
          capabilities: bindCapabilities(grants, providers, {
            application: module.application,
            functionName: module.name,
            requestId: request.id,
            clock,
            logBudget,
            onEvent,
          }),
          ...(signal !== undefined && { signal }),
        }),
      close: async (deadlineMs) => {
        await sandbox.close(deadlineMs);
        await databases?.close();
        await egress?.[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await sandbox.close(0);
    throw error;
  }
}

function providersOf(options: FunctionHostOptions, egress: CapabilityProviders['egress']): CapabilityProviders {
  const { staticFiles, secrets, environment, clock, onLog } = options;
  return {
    cache: memoryCache(clock),
    secrets: { get: (_application, name) => Promise.resolve(secrets.get(name)) },
    log: onLog,
    ...(egress !== undefined && { egress }),
    ...(environment !== undefined && { environment }),
    ...(staticFiles !== undefined && { files: { read: (_application, name) => staticFiles(name) } }),
  };
}

/** Queries may fail faster than anybody reads. */
function reportQueries({ clock, onTrouble }: FunctionHostOptions): (event: CapabilityEvent) => void {
  const budget = createLogBudget(clock, DEFAULT_LOG_LIMITS);
  return ({ capability, outcome, name, cause }) => {
    if (capability !== 'database' || outcome !== 'failed' || onTrouble === undefined) return;
    const droppedBefore = budget.take();
    if (droppedBefore === undefined) return;
    if (droppedBefore > 0) onTrouble(`${droppedBefore} failed queries were not reported`);
    onTrouble(`the query ${name} failed: ${describeTrouble(cause)}`);
  };
}

/** Loaded only for a function that may send requests: it is a good part of the program. */
async function openEgress(clock: Clock) {
  const { directDialer, EgressClient, systemResolver } = await import('../../compute/egress/index.ts');
  return new EgressClient({ clock, dialer: directDialer({ resolver: systemResolver() }) });
}
