import type { CapabilityProviders, Grants } from '../../compute/capability/index.ts';
import type { EgressClient } from '../../compute/egress/index.ts';
import type { FunctionSandbox } from '../../compute/sandbox/index.ts';
import type { CpuProfile } from '../../compute/profile/index.ts';
import { DiskModuleCache, Sat, type SatEvent, type SatStatus } from '../../constellation/sat/index.ts';
import type { PolicyExpression } from '../../trust/policy/index.ts';
import type { ServiceRoute } from '../../project/enrollment/index.ts';
import type { Core, Membership } from '../core/index.ts';
import { databasesOnDemand, describeTrouble } from '../databases/index.ts';
import { NodeError } from '../errors.ts';
import { grantFor, type Isolation, openSandbox, type OwnerGrant } from '../isolation/index.ts';
import { type Metric, sandboxMetrics, SatMetrics } from '../metrics/index.ts';
import { systemClock, systemRandom } from '../system/index.ts';
import { functionNamed } from './function-named.ts';
import { gatewayDialler } from './gateway-dialler.ts';

/** A Sat to run. */
export interface SatNodeOptions {
  readonly core: Core;
  readonly membership: Membership;
  readonly gateway: string;
  readonly route?: ServiceRoute | undefined;
  readonly allow?: PolicyExpression | undefined;
  /** What the owner allows at most; undefined for the default. */
  readonly ceiling?: Grants | undefined;
  readonly labels: ReadonlyMap<string, string>;
  /** Where modules are kept between runs. */
  readonly cacheDirectory: string;
  readonly threads?: number | undefined;
  /** Where functions run; with `processes` each application has a process of its own. Default: `threads`. */
  readonly isolation?: Isolation | undefined;
  /** What its owner grants of this machine to every function; undefined: nothing. */
  readonly wasi?: OwnerGrant | undefined;
  /** Name and version of the program. */
  readonly software: string;
  readonly onEvent?: ((event: SatEvent) => void) | undefined;
}

/** A running Sat. */
export interface SatNode {
  readonly status: () => SatStatus;
  readonly metrics: () => readonly Metric[];
  /**
   * Profiles the function of that name, full or as far as it says which one is meant, for up to a minute.
   * @throws {NodeError} NODE_INPUT · {ProfileError}
   */
  readonly profile: (name: string, durationMs: number) => Promise<CpuProfile>;
  /** Lets calls in flight finish for up to `deadlineMs`. */
  readonly close: (deadlineMs: number) => Promise<void>;
}

/** Starts a Sat; it dials for as long as it lives. @throws {SandboxError} */
export async function startSatNode(options: SatNodeOptions): Promise<SatNode> {
  const { core, membership, gateway, route, allow, ceiling, labels, software } = options;
  const modules = await DiskModuleCache.open({ directory: options.cacheDirectory, clock: systemClock });
  const sandbox = await openSandbox(options.isolation ?? 'threads', {
    clock: systemClock,
    ...(options.threads !== undefined && { limits: { threads: options.threads } }),
  });
  const egress = egressOnDemand(core);
  const databases = databasesOnDemand(systemClock, (trouble) =>
    core.log.warn('a statement could not be stopped at its database: {trouble}', { trouble }),
  );
  const metrics = new SatMetrics();
  const sat = new Sat({
    clock: systemClock,
    tracing: core.tracing,
    random: systemRandom,
    dial: gatewayDialler({ core, membership, gateway, route }),
    gateway,
    allow,
    sandbox: granting(sandbox, options.wasi),
    modules,
    ceiling,
    egress: egress.provider,
    database: databases.provider,
    labels,
    software,
    onEvent: (event) => {
      metrics.count(event);
      logSat(core, gateway, event);
      options.onEvent?.(event);
    },
  });
  const closing = new AbortController();
  return {
    status: () => sat.status,
    metrics: () => [...metrics.metrics(sat.status), ...sandboxMetrics(sandbox.stats())],
    profile: async (name, durationMs) => {
      const { module } = functionNamed(name, sat.functions);
      return sandbox.profile(module, durationMs, closing.signal);
    },
    close: async (deadlineMs) => {
      closing.abort(new NodeError('NODE_NOT_RUNNING', 'the Sat is being stopped'));
      await sat.close(deadlineMs);
      await sandbox.close(0);
      await databases.close();
      await egress.close();
    },
  };
}

/** `sandbox` with what the owner of this machine grants to every call: no gateway can say otherwise. */
function granting(
  sandbox: FunctionSandbox,
  owner: OwnerGrant | undefined,
): Pick<FunctionSandbox, 'loadAside' | 'unload' | 'call'> {
  if (owner === undefined) return sandbox;
  return {
    loadAside: (bytes, options) => sandbox.loadAside(bytes, options),
    unload: (module) => sandbox.unload(module),
    call: (module, options) =>
      sandbox.call(module, { ...options, wasi: grantFor(owner, options.label ?? module.digest) }),
  };
}

/** The way to the world, a good part of the program, is loaded when a function first takes it. */
function egressOnDemand({ log }: Core): {
  readonly provider: NonNullable<CapabilityProviders['egress']>;
  readonly close: () => Promise<void>;
} {
  let client: Promise<EgressClient> | undefined;
  const open = async (): Promise<EgressClient> => {
    const { directDialer, EgressClient, systemResolver } = await import('../../compute/egress/index.ts');
    return new EgressClient({
      clock: systemClock,
      dialer: directDialer({ resolver: systemResolver() }),
      onEvent: (event) => log.debug('a function sent a request: {outcome} {method} {origin} {detail}', { ...event }),
    });
  };
  return {
    provider: {
      fetch: async (...call) => (await (client ??= open())).fetch(...call),
      graphql: async (...call) => (await (client ??= open())).graphql(...call),
    },
    close: async () => (await client)?.[Symbol.asyncDispose](),
  };
}

function logSat({ log }: Core, name: string, event: SatEvent): void {
  switch (event.kind) {
    case 'dial-failed':
      return log.warn('the gateway {name} cannot be reached: {code}: {reason}; next attempt in {retryInMs} ms', {
        name,
        ...event,
      });
    case 'gateway-refused':
      return log.warn('{peer} is refused as gateway {name}: {check}: {reason}; next attempt in {retryInMs} ms', {
        name,
        ...event,
      });
    case 'joined':
      return log.info('joined the gateway {name}, {gateway}', { name, gateway: event.gateway });
    case 'left':
      return log.warn('left the gateway {name}: {code}: {reason}', { name, code: event.code, reason: event.reason });
    case 'deployed':
      return log.info('{application} {version} is deployed', { ...event });
    case 'module-fetched':
      return log.info('fetched the module {digest}, {bytes} bytes', { ...event });
    case 'cache-trouble':
      return log.warn('the cached module {digest} cannot be used: {reason}', { ...event });
    case 'function-failed':
      return log.warn('{function} failed in request {requestId}: {code}: {reason}', { ...event });
    case 'log-line-dropped':
      // Counted by the metrics; the function's next line says how many there were.
      return;
    case 'query-failed': {
      const { query, requestId, droppedBefore } = event;
      const fields = { function: event.function, query, requestId, reason: describeTrouble(event.cause) };
      if (droppedBefore > 0) log.warn('{droppedBefore} failed queries were not reported', { droppedBefore });
      return log.warn('the query {query} of {function} failed in request {requestId}: {reason}', fields);
    }
    case 'call-failed':
      return log.error('a call of {function} failed: {reason}', { ...event });
  }
}
