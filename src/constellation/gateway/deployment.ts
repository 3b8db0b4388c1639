import { HEALTH_PATH, printFunctionName } from '../../compute/directive/index.ts';
import { type Bundle, moduleOf, staticFile } from '../../compute/bundle/index.ts';
import {
  bindCapabilities,
  type CacheProvider,
  type CallCapabilities,
  createLogBudget,
  encodeGrants,
  type EnvironmentProvider,
  type Grants,
  type SecretProvider,
  substituteEnvironment,
} from '../../compute/capability/index.ts';
import {
  type FunctionCall,
  type FunctionEntry,
  type FunctionLimits,
  type RequestHandler,
  RouteTable,
  type Step,
} from '../../compute/directive/index.ts';
import { Callers } from '../../compute/sandbox/index.ts';
import { type Clock, FairLine, fromHex, quoted } from '../../kernel/index.ts';
import { DECLINED, encodeDeploy, MAX_DEPLOY_BYTES, MAX_FUNCTIONS } from '../protocol/index.ts';
import type { Call } from './call.ts';
import { GatewayError } from './errors.ts';
import type { GatewayEvent } from './events.ts';
import type { GatewayLimits } from './limits.ts';
import { grantsForSat, usesOf } from './sat-grants.ts';
import type { SatSeat } from './sat-seat.ts';

/** A function of a deployment as the gateway sees it. */
export interface DeployedFunction {
  readonly deployment: Deployment;
  /** Its number in calls. */
  readonly index: number;
  /** Full name. */
  readonly name: string;
  /** What it may ask of this gateway; the Sat's own check is not relied upon. */
  readonly capabilities: CallCapabilities;
  /** Sats that can run it now. */
  readonly ready: SatSeat[];
  /** Calls that wait for a Sat to have room, or for others of the function or the client to end; clients take turns. */
  readonly line: FairLine<string, Call>;
  /** What its description allows at most. */
  readonly limits: FunctionLimits;
  /** Calls that Sats have, all and by client. */
  readonly inFlight: Callers;
}

/** What the functions of a gateway may reach there. */
export interface GatewayProviders {
  readonly cache: CacheProvider;
  readonly environment: EnvironmentProvider | undefined;
  readonly secrets: SecretProvider | undefined;
}

/** What a deployment is made from. */
export interface DeploymentOptions {
  readonly id: number;
  readonly bundle: Bundle;
  readonly providers: GatewayProviders;
  readonly clock: Clock;
  readonly limits: GatewayLimits;
  readonly onEvent: ((event: GatewayEvent) => void) | undefined;
}

/** One version of an application while it is served. */
export interface Deployment {
  readonly id: number;
  readonly bundle: Bundle;
  readonly routes: RouteTable<RequestHandler>;
  readonly functions: readonly DeployedFunction[];
  /** The function of a step. */
  readonly functionOf: ReadonlyMap<FunctionCall, DeployedFunction>;
  /** Modules by the hex of their digest. */
  readonly modules: ReadonlyMap<string, Uint8Array>;
  /** The DEPLOY frame's body for a Sat that has declined so much. It may hold values of environment variables. */
  readonly offerFor: (declined: number) => Uint8Array;
  /** Requests that are being served by it. */
  openRequests: number;
  /** Called when the last of them ends, once no new ones come. */
  onIdle: (() => void) | undefined;
}

/**
 * Makes a deployment of `bundle`: routes, functions, grants with the environment filled in.
 * @throws {GatewayError} GATEWAY_DEPLOYMENT_INVALID
 */
export async function createDeployment(options: DeploymentOptions): Promise<Deployment> {
  const { id, bundle, providers, limits } = options;
  const { directive } = bundle;
  const environment = providers.environment ?? NO_ENVIRONMENT;
  const grants = await substituteEnvironment(directive.grants, environment, new AbortController().signal);
  const functions: DeployedFunction[] = [];
  const functionOf = new Map<FunctionCall, DeployedFunction>();
  const deployment: Deployment = {
    id,
    bundle,
    routes: routesOf(bundle),
    functions,
    functionOf,
    modules: new Map([...bundle.modules.values()].map(({ digest, bytes }) => [digest, bytes])),
    offerFor: offersOf(bundle, grants, limits),
    openRequests: 0,
    onIdle: undefined,
  };
  if (bundle.modules.size > MAX_FUNCTIONS) throw invalid(`it has more than ${MAX_FUNCTIONS} functions`);
  if (deployment.offerFor(0).length > MAX_DEPLOY_BYTES) {
    throw invalid(`its functions and what is granted to each of them have more than ${MAX_DEPLOY_BYTES} bytes`);
  }
  const byEntry = new Map<string, DeployedFunction>();
  for (const [index, module] of [...bundle.modules.values()].entries()) {
    const name = fullName(bundle, module.function);
    const capabilities = bindGateway(options, grants, name);
    const declared = module.function.limits ?? {};
    const deployed: DeployedFunction = {
      deployment,
      index,
      name,
      capabilities,
      ready: [],
      line: new FairLine(),
      limits: declared,
      inFlight: new Callers(declared.callerConcurrency ?? Number.POSITIVE_INFINITY),
    };
    functions.push(deployed);
    byEntry.set(module.entry, deployed);
  }
  for (const handler of directive.handlers) {
    if (handler.type !== 'request') continue;
    for (const call of handler.steps.flatMap(callsOf)) {
      const deployed = byEntry.get(moduleOf(bundle, call.target)?.entry ?? '');
      if (deployed === undefined) {
        throw invalid(`${handler.name} calls ${quoted(call.fn)}, of which the bundle has no module`);
      }
      functionOf.set(call, deployed);
    }
  }
  return deployment;
}

const NO_ENVIRONMENT: EnvironmentProvider = { get: () => Promise.resolve(undefined) };

function routesOf({ directive }: Bundle): RouteTable<RequestHandler> {
  const routes = new RouteTable<RequestHandler>();
  for (const handler of directive.handlers) {
    if (handler.type !== 'request') continue;
    if (handler.resource === HEALTH_PATH) throw invalid(`${handler.name}: the gateway answers this path itself`);
    const conflict = routes.add(handler.method, handler.resource, handler);
    if (conflict !== undefined) throw invalid(`${handler.name}: ${conflict}`);
  }
  return routes;
}

/** Each is made when the first Sat needs it. */
function offersOf(bundle: Bundle, grants: Grants, { cpuMs, outputBytes }: GatewayLimits): Deployment['offerFor'] {
  const { identifier: application, appVersion: version } = bundle.directive;
  const functions = [...bundle.modules.values()].map((module) => ({ module, uses: usesOf(module.bytes) }));
  const offers = new Map<number, Uint8Array>();
  return (declined) => {
    const key = declined & (DECLINED.databases | DECLINED.headers);
    let offer = offers.get(key);
    if (offer !== undefined) return offer;
    offer = encodeDeploy({
      application,
      version,
      functions: functions.map(({ module, uses }) => ({
        name: fullName(bundle, module.function),
        digest: fromHex(module.digest),
        size: module.bytes.length,
        grants: encodeGrants(grantsForSat(grants, uses, key)),
        cpuMs,
        outputBytes,
        limits: callLimitsOf(module.function),
      })),
    });
    offers.set(key, offer);
    return offer;
  };
}

function callsOf(step: Step): readonly FunctionCall[] {
  return step.kind === 'function' ? [step.call] : step.calls;
}

/** What a Sat is told; how many calls there may be is counted here, over all Sats. */
function callLimitsOf({ limits = {} }: FunctionEntry): ReadonlyMap<string, number> {
  const { concurrency: _concurrency, callerConcurrency: _callerConcurrency, ...ofCall } = limits;
  return new Map(Object.entries(ofCall));
}

function bindGateway(options: DeploymentOptions, grants: Grants, name: string): CallCapabilities {
  const { bundle, providers, clock, onEvent } = options;
  // A function that asks for a secret without end must not push everything else out of the log.
  const budget = createLogBudget(clock);
  return bindCapabilities(
    grants,
    {
      cache: providers.cache,
      files: { read: (_application, file) => Promise.resolve(staticFile(bundle, file)?.slice()) },
      ...(providers.secrets !== undefined && { secrets: providers.secrets }),
    },
    {
      application: bundle.directive.identifier,
      functionName: name,
      clock,
      onEvent: (event) => {
        const untold = budget.take();
        if (untold !== undefined) onEvent?.({ kind: 'capability', function: name, ...event, untold });
      },
    },
  );
}

function fullName({ directive }: Bundle, { namespace, name }: { namespace: string; name: string }): string {
  return printFunctionName({ identifier: directive.identifier, namespace, name, version: directive.appVersion });
}

function invalid(message: string): GatewayError {
  return new GatewayError('GATEWAY_DEPLOYMENT_INVALID', message);
}
