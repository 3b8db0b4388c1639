import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Clock, quoted, type Tracing } from '../../kernel/index.ts';
import type { Bundle } from '../../compute/bundle/index.ts';
import {
  type CacheProvider,
  type EnvironmentProvider,
  memoryCache,
  type SecretProvider,
} from '../../compute/capability/index.ts';
import { createServer } from '../../network/http/index.ts';
import type { PolicyExpression } from '../../trust/policy/index.ts';
import { type Link, SAT_ATTRIBUTE } from '../session/index.ts';
import { createDeployment, type Deployment } from './deployment.ts';
import { Dispatcher } from './dispatcher.ts';
import { GatewayError } from './errors.ts';
import type { GatewayEvent } from './events.ts';
import { HttpFront } from './http-front.ts';
import { DEFAULT_GATEWAY_LIMITS, type GatewayLimits } from './limits.ts';
import { SatDoor } from './sat-door.ts';
import type { SatSeat } from './sat-seat.ts';
import { type GatewayStatus, statusOf } from './status.ts';

/** Ours: how long the last answers may take to reach their clients when the gateway closes, in milliseconds. */
const FLUSH_MS = 2000;

/** What is known about a Sat when it is decided which functions may run there. */
export interface PlacedSat {
  readonly identifier: string;
  /** Attested by the authority. */
  readonly attributes: ReadonlyMap<string, string>;
  /** Said by the Sat itself. */
  readonly labels: ReadonlyMap<string, string>;
}

/** What a gateway is made of. */
export interface GatewayOptions {
  /** Sats must be attested for this name, or for all gateways. */
  readonly name: string;
  readonly clock: Clock;
  /** A further condition on the attributes of Sats. */
  readonly allow?: PolicyExpression | undefined;
  /** Whether the function of this full name may run at `sat`; asked again when attributes are renewed. Default: anywhere. */
  readonly mayRunAt?: ((functionName: string, sat: PlacedSat) => boolean) | undefined;
  /** Default: in memory. */
  readonly cache?: CacheProvider | undefined;
  readonly environment?: EnvironmentProvider | undefined;
  readonly secrets?: SecretProvider | undefined;
  readonly limits?: Partial<GatewayLimits> | undefined;
  /** See `FrameSenderOptions`; `setImmediate` by default. */
  readonly defer?: ((flush: () => void) => void) | undefined;
  /** Where requests and their steps are written down. Default: nowhere. */
  readonly tracing?: Tracing | undefined;
  /** Told of everything that happens. Must not throw. */
  readonly onEvent?: ((event: GatewayEvent) => void) | undefined;
}

/**
 * Serves an application: takes HTTP requests and Sats, and brings them together. To be closed.
 *
 * One deployment is served at a time. A new one is offered to all Sats first and takes over when they are ready; the old one
 * stays until its last request has ended.
 */
export class Gateway implements AsyncDisposable {
  readonly #options: GatewayOptions;
  readonly #limits: GatewayLimits;
  readonly #cache: CacheProvider;
  readonly #dispatcher: Dispatcher;
  readonly #door: SatDoor;
  readonly #front: HttpFront;
  /** All that Sats know about: the one that is served, one that is on its way in, those on their way out. */
  readonly #deployments = new Set<Deployment>();
  #active: Deployment | undefined;
  #nextDeployment = 1;
  /** The deployment that waits for Sats, and how it is told. */
  #awaited: { readonly deployment: Deployment; readonly seats: Set<SatSeat>; readonly ready: () => void } | undefined;
  /** Deployments are made one after the other. */
  #deploying: Promise<unknown> = Promise.resolve();
  #server: Server | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: GatewayOptions) {
    this.#options = options;
    const { clock, onEvent, tracing, defer = setImmediate } = options;
    this.#limits = { ...DEFAULT_GATEWAY_LIMITS, ...options.limits };
    this.#cache = options.cache ?? memoryCache(clock);
    const dispatcher = new Dispatcher({ maxWaiting: this.#limits.waiting, onEvent });
    this.#dispatcher = dispatcher;
    this.#front = new HttpFront({
      clock,
      limits: this.#limits,
      dispatcher,
      deployment: () => this.#active,
      onEvent,
      tracing,
    });
    this.#door = new SatDoor({
      clock,
      rule: { attribute: SAT_ATTRIBUTE, gateway: options.name, allow: options.allow },
      limits: this.#limits,
      defer,
      owner: {
        clock,
        limits: this.#limits,
        onEvent,
        moduleBytes: (digest) => this.#moduleBytes(digest),
        onDeployed: (seat, deployment) => this.#deployed(seat, deployment),
        onResult: (call, result, seat) => dispatcher.result(call, result, seat),
        onRejected: (call, reason, seat) => dispatcher.rejected(call, reason, seat),
        onDraining: (seat) => dispatcher.remove(seat, this.#deployments),
        onRoom: (seat) => {
          if (dispatcher.waiting > 0) dispatcher.serve(seat);
        },
      },
      onJoined: (seat) => {
        for (const deployment of this.#deployments) if (deployment.onIdle === undefined) seat.deploy(deployment);
      },
      onLeft: (seat, code, reason, unsent) => this.#left(seat, code, reason, unsent),
      onAttributes: (seat) => {
        for (const deployment of this.#deployments) this.#place(seat, deployment);
      },
      onEvent,
    });
  }

  /** What is served, by whom, and how much. */
  get status(): GatewayStatus {
    return statusOf(this.#options.name, this.#active, this.#door.seats, {
      ...this.#front.counts,
      waiting: this.#dispatcher.waiting,
    });
  }

  /** Takes a link that a Sat has dialled; it is checked before anything is given to it. */
  acceptLink(link: Link): void {
    this.#door.accept(link);
  }

  /** Answers one request; for servers that the caller runs. */
  handleHttp = (message: IncomingMessage, response: ServerResponse): void => {
    this.#front.handle(message, response);
  };

  /**
   * Listens for HTTP; `port` 0 takes a free one.
   * @throws {GatewayError} GATEWAY_LISTEN_FAILED
   */
  async listen(port: number, host = '127.0.0.1'): Promise<{ readonly host: string; readonly port: number }> {
    const { headMs, uploadMs, keepAliveMs, idleMs, requestMs, connections } = this.#limits;
    const server = createServer({
      headersTimeout: headMs,
      requestTimeout: uploadMs,
      keepAliveTimeout: keepAliveMs,
      connectionsCheckingInterval: Math.min(headMs, 2000),
      maxHeaderSize: 16 * 1024,
    });
    server.maxConnections = connections;
    // Waiting for a function is no idleness.
    server.setTimeout(Math.max(idleMs, requestMs + 1000));
    server.on('connection', this.#front.connected);
    server.on('request', this.handleHttp);
    await new Promise<void>((resolve, reject) => {
      // Stays attached: that a connection could not be accepted, for want of descriptors say, is not our end.
      server.on('error', (cause) => {
        reject(new GatewayError('GATEWAY_LISTEN_FAILED', `cannot listen at ${quoted(`${host}:${port}`)}`, { cause }));
      });
      server.listen(port, host, resolve);
    });
    this.#server = server;
    const { address, port: taken } = server.address() as AddressInfo;
    return { host: address, port: taken };
  }

  /**
   * Serves `bundle` from now on. Requests that are being served end as they began; none fails.
   *
   * Waits until every Sat that is there has said what it can run. When no Sat is there it is served at once.
   * @throws {GatewayError} GATEWAY_DEPLOYMENT_INVALID, GATEWAY_DEPLOYMENT_NOT_READY when no Sat can run some function, and
   * GATEWAY_CLOSED; then what was served before still is.
   */
  deploy(bundle: Bundle): Promise<void> {
    const deployed = this.#deploying.then(() => this.#deploy(bundle));
    this.#deploying = deployed.catch(() => undefined);
    return deployed;
  }

  /** Takes no more requests, lets those that are open end for up to `deadlineMs`, then lets the Sats go. */
  close(deadlineMs = 10_000): Promise<void> {
    this.#closing ??= this.#close(deadlineMs);
    return this.#closing;
  }

  /** As {@link Gateway.close} with its default. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #deploy(bundle: Bundle): Promise<void> {
    const { clock, environment, secrets, onEvent } = this.#options;
    if (this.#closing !== undefined) throw new GatewayError('GATEWAY_CLOSED', 'the gateway is closed');
    const deployment = await createDeployment({
      id: this.#nextDeployment++,
      bundle,
      providers: { cache: this.#cache, environment, secrets },
      clock,
      limits: this.#limits,
      onEvent,
    });
    this.#deployments.add(deployment);
    await this.#untilReady(deployment);
    const missing = deployment.functions.filter(({ ready }) => ready.length === 0);
    if (this.#door.seats.size > 0 && missing.length > 0) {
      const names = missing.map((target) => `${target.name} (${this.#codesFor(target)})`).join(', ');
      this.#withdraw(deployment);
      throw new GatewayError('GATEWAY_DEPLOYMENT_NOT_READY', `no Sat can run ${names}`);
    }
    const old = this.#active;
    this.#active = deployment;
    const { identifier: application, appVersion: version } = bundle.directive;
    onEvent?.({ kind: 'deployed', application, version });
    if (old !== undefined) this.#retire(old);
  }

  /** Resolves when each Sat that is there now has answered or left, at the latest after `limits.deployMs`. */
  async #untilReady(deployment: Deployment): Promise<void> {
    const seats = new Set(this.#door.seats);
    if (seats.size === 0) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#options.clock.schedule(this.#limits.deployMs, resolve);
      const ready = (): void => {
        cancel();
        resolve();
      };
      this.#awaited = { deployment, seats, ready };
      for (const seat of seats) seat.deploy(deployment);
    });
    this.#awaited = undefined;
  }

  #answered(seat: SatSeat, deployment?: Deployment): void {
    const awaited = this.#awaited;
    if (awaited === undefined || (deployment !== undefined && deployment !== awaited.deployment)) return;
    if (awaited.seats.delete(seat) && awaited.seats.size === 0) awaited.ready();
  }

  #retire(deployment: Deployment): void {
    if (deployment.openRequests === 0) this.#withdraw(deployment);
    else deployment.onIdle = () => this.#withdraw(deployment);
  }

  #withdraw(deployment: Deployment): void {
    if (!this.#deployments.delete(deployment)) return;
    for (const seat of this.#door.seats) seat.withdraw(deployment);
    const { identifier: application, appVersion: version } = deployment.bundle.directive;
    this.#options.onEvent?.({ kind: 'withdrawn', application, version });
  }

  #moduleBytes(digest: string): Uint8Array | undefined {
    for (const { modules } of this.#deployments) {
      const bytes = modules.get(digest);
      if (bytes !== undefined) return bytes;
    }
    return undefined;
  }

  #deployed(seat: SatSeat, deployment: Deployment): void {
    this.#place(seat, deployment);
    const codes = seat.codesOf(deployment) ?? [];
    const unusable = deployment.functions.flatMap(({ name, index }) => {
      const code = codes[index] ?? '';
      return code === '' ? [] : [{ name, code }];
    });
    const { identifier: application, appVersion: version } = deployment.bundle.directive;
    this.#options.onEvent?.({ kind: 'sat-ready', sat: seat.identifier, application, version, unusable });
    this.#answered(seat, deployment);
  }

  #place(seat: SatSeat, deployment: Deployment): void {
    const codes = seat.codesOf(deployment);
    if (codes === undefined) return;
    const { mayRunAt } = this.#options;
    const { identifier, attributes, offer } = seat;
    this.#dispatcher.setReady(seat, deployment, (index) => {
      const name = deployment.functions[index]?.name ?? '';
      const usable = codes[index] === '' && !seat.draining;
      return usable && (mayRunAt === undefined || mayRunAt(name, { identifier, attributes, labels: offer.labels }));
    });
  }

  /** Why no Sat can run a function, as far as they said. */
  #codesFor({ deployment, index }: Deployment['functions'][number]): string {
    const codes = new Set([...this.#door.seats].map((seat) => seat.codesOf(deployment)?.[index] ?? 'no answer'));
    codes.delete('');
    return codes.size === 0 ? 'not allowed at any Sat' : [...codes].join(', ');
  }

  #left(seat: SatSeat, code: string, reason: string, unsent: ReadonlySet<number>): void {
    const released = seat.release(unsent);
    const { identifier: sat, instance } = seat;
    this.#options.onEvent?.({ kind: 'sat-left', sat, instance, code, reason, callsLost: released.length });
    this.#dispatcher.remove(seat, this.#deployments);
    for (const { call, unsent: isUnsent } of released) this.#dispatcher.lost(call, seat, isUnsent, reason);
    this.#answered(seat);
  }

  async #close(deadlineMs: number): Promise<void> {
    const server = this.#server;
    const closed = new Promise<void>((resolve) => {
      if (server === undefined) resolve();
      else server.close(() => resolve());
    });
    server?.closeIdleConnections();
    await this.#front.close(deadlineMs);
    server?.closeIdleConnections();
    // The last answers may still be on their way.
    const cancel = this.#options.clock.schedule(FLUSH_MS, () => server?.closeAllConnections());
    await closed;
    cancel();
    this.#door.close();
    await this.#deploying;
  }
}
