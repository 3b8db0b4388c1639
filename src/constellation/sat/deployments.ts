/** What a gateway has deployed at a Sat: DEPLOY, NEED, MODULE, DEPLOYED and WITHDRAW (`constellation.md` §5). */
import { type Clock, CodedError, toHex } from '../../kernel/index.ts';
import {
  createLogBudget,
  DEFAULT_LOG_LIMITS,
  decodeGrants,
  type Grants,
  intersectGrants,
  type LogBudget,
} from '../../compute/capability/index.ts';
import { type CallLimits, DEFAULT_CALL_LIMITS, type LoadedFunction } from '../../compute/sandbox/index.ts';
import {
  decodeDeploy,
  type Deploy,
  type DeployedFunction,
  encodeDeployed,
  encodeNeed,
  FRAME,
  unexpected,
} from '../protocol/index.ts';
import type { Session } from '../session/index.ts';
import { SatError } from './errors.ts';
import type { SatEvent } from './events.ts';
import type { SatLimits } from './limits.ts';
import type { ModuleShelf } from './module-shelf.ts';

/** Ours: functions that are prepared, and so modules that are on their way, at a time. */
const LANES = 3;

/** What deployments need. */
export interface DeploymentsOptions {
  readonly session: Pick<Session, 'send' | 'over'>;
  readonly clock: Clock;
  readonly shelf: ModuleShelf;
  readonly ceiling: Grants;
  readonly limits: SatLimits;
  readonly onEvent: (event: SatEvent) => void;
}

/** A function that can be called. */
export interface ReadyFunction {
  readonly application: string;
  readonly name: string;
  readonly digest: string;
  readonly module: LoadedFunction;
  /** What the Directive grants and the owner's ceiling leaves of it. */
  readonly grants: Grants;
  readonly logBudget: LogBudget;
  /** 0: the Sat's own. */
  readonly cpuMs: number;
  readonly outputBytes: number;
  /** What its description allows at most. */
  readonly declared: Partial<CallLimits>;
}

interface Deployment {
  /** Undefined until DEPLOYED was sent; then with gaps where a function cannot run. */
  functions: readonly (ReadyFunction | undefined)[] | undefined;
  withdrawn: boolean;
}

interface Transfer {
  readonly digest: string;
  readonly size: number;
  readonly take: (bytes?: Uint8Array) => void;
}

/** The deployments of one session. */
export class Deployments {
  readonly #options: DeploymentsOptions;
  readonly #deployments = new Map<number, Deployment>();
  readonly #transfers = new Map<number, Transfer>();
  #nextTransfer = 1;
  /** Deployments whose functions are being made ready, those that were withdrawn meanwhile included. */
  #preparing = 0;

  constructor(options: DeploymentsOptions) {
    this.#options = options;
  }

  /** The function at place `index` of deployment `id`; undefined when it cannot be called. */
  find(id: number, index: number): ReadyFunction | undefined {
    return this.#deployments.get(id)?.functions?.[index];
  }

  /** Every function that can be called; the same one once for each deployment. */
  ready(): readonly ReadyFunction[] {
    return [...this.#deployments.values()].flatMap(({ functions = [] }) =>
      functions.filter((one) => one !== undefined),
    );
  }

  /** How long the body of MODULE `id` may be; 0 when nobody asked for it. */
  sizeOf(id: number): number {
    return this.#transfers.get(id)?.size ?? 0;
  }

  /** Takes DEPLOY. @throws {ProtocolError | BareError} */
  deploy(id: number, body: Uint8Array): void {
    if (this.#deployments.has(id)) throw unexpected(`deployment ${id} is there already`);
    if (this.#deployments.size >= this.#options.limits.deployments) throw unexpected('too many deployments at a time');
    if (this.#preparing >= this.#options.limits.deployments)
      throw unexpected('too many deployments are being prepared');
    const deploy = decodeDeploy(body);
    const deployment: Deployment = { functions: undefined, withdrawn: false };
    this.#deployments.set(id, deployment);
    this.#preparing++;
    void this.#prepareAll(id, deploy, deployment).finally(() => this.#preparing--);
  }

  /** Takes WITHDRAW. @throws {ProtocolError} CONSTELLATION_UNEXPECTED_FRAME */
  withdraw(id: number): void {
    const deployment = this.#deployments.get(id);
    if (deployment === undefined) throw unexpected(`there is no deployment ${id}`);
    this.#deployments.delete(id);
    deployment.withdrawn = true;
    this.#release(deployment.functions ?? []);
  }

  /** Takes MODULE; an empty one says that the gateway does not have it, as after a withdrawal. @throws {ProtocolError} */
  receive(id: number, body: Uint8Array): void {
    const transfer = this.#transfers.get(id);
    if (transfer === undefined) throw unexpected(`nobody has asked for transfer ${id}`);
    this.#transfers.delete(id);
    const { digest, take } = transfer;
    take(body.length === 0 ? undefined : body);
    if (body.length > 0) this.#options.onEvent({ kind: 'module-fetched', digest, bytes: body.length });
  }

  /** The session is over. */
  close(): void {
    for (const { take } of this.#transfers.values()) take();
    this.#transfers.clear();
    for (const { functions } of this.#deployments.values()) this.#release(functions ?? []);
    this.#deployments.clear();
  }

  async #prepareAll(id: number, deploy: Deploy, deployment: Deployment): Promise<void> {
    const { application, version, functions } = deploy;
    const { session, onEvent } = this.#options;
    const prepared: (ReadyFunction | CodedError)[] = [];
    // The lanes share one iterator.
    const queue = functions.entries();
    const lane = async (): Promise<void> => {
      for (const [index, deployed] of queue) {
        if (session.over || deployment.withdrawn) return;
        prepared[index] = await this.#prepare(application, deployed);
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    const ready = prepared.map((one) => (one instanceof CodedError ? undefined : one));
    if (session.over || deployment.withdrawn) {
      this.#release(ready);
      return;
    }
    deployment.functions = ready;
    session.send(
      FRAME.deployed,
      id,
      encodeDeployed(prepared.map((one) => (one instanceof CodedError ? one.code : ''))),
    );
    const unusable = prepared.flatMap((one, index) =>
      one instanceof CodedError ? [{ name: functions[index]?.name ?? '', code: one.code, reason: one.message }] : [],
    );
    onEvent({ kind: 'deployed', application, version, unusable });
  }

  /** The function, ready to be called, or why it cannot run here. */
  async #prepare(application: string, deployed: DeployedFunction): Promise<ReadyFunction | CodedError> {
    const { shelf, ceiling, clock, limits, onEvent } = this.#options;
    const { name, size, cpuMs, outputBytes } = deployed;
    const declared = declaredLimits(deployed.limits);
    try {
      if (size > limits.moduleBytes) {
        throw new SatError('SAT_MODULE_TOO_LARGE', `the module of ${name} has ${size} bytes`);
      }
      const grants = intersectGrants(decodeGrants(deployed.grants), ceiling);
      const digest = toHex(deployed.digest);
      const module = await shelf.take(application, digest, () => this.#fetch(deployed.digest, size));
      return {
        application,
        name,
        digest,
        module,
        grants,
        logBudget: createLogBudget(clock, DEFAULT_LOG_LIMITS, () =>
          onEvent({ kind: 'log-line-dropped', function: name }),
        ),
        cpuMs,
        outputBytes,
        declared,
      };
    } catch (error) {
      if (error instanceof CodedError) return error;
      return new SatError('SAT_MODULE_UNAVAILABLE', `${name} could not be prepared`, { cause: error });
    }
  }

  /** Ends with the session at the latest. */
  #fetch(digest: Uint8Array, size: number): Promise<Uint8Array | undefined> {
    const { session } = this.#options;
    if (session.over) return Promise.resolve(undefined);
    const id = this.#nextTransfer++;
    return new Promise((resolve) => {
      this.#transfers.set(id, { digest: toHex(digest), size, take: resolve });
      session.send(FRAME.need, id, encodeNeed(digest));
    });
  }

  #release(functions: readonly (ReadyFunction | undefined)[]): void {
    for (const ready of functions)
      if (ready !== undefined) this.#options.shelf.release(ready.application, ready.digest);
  }
}

/** Of `limits` those that the sandbox here knows: a later gateway may have more, which do not bind this Sat. */
function declaredLimits(limits: ReadonlyMap<string, number>): Partial<CallLimits> {
  const known = [...limits].filter(([name]) => Object.hasOwn(DEFAULT_CALL_LIMITS, name));
  return Object.fromEntries(known);
}
