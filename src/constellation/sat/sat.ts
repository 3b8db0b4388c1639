import { createHash } from 'node:crypto';
import { type Clock, CodedError, delay, type RandomSource, type Tracing } from '../../kernel/index.ts';
import {
  type CapabilityProviders,
  DEFAULT_CEILING,
  encodeGrants,
  type Grants,
} from '../../compute/capability/index.ts';
import type { FunctionSandbox } from '../../compute/sandbox/index.ts';
import type { PolicyExpression } from '../../trust/policy/index.ts';
import {
  checkPeer,
  GATEWAY_ATTRIBUTE,
  type Link,
  type PeerRule,
  type SessionEnd,
  watchPeer,
} from '../session/index.ts';
import type { ReadyFunction } from './deployments.ts';
import { SatError } from './errors.ts';
import type { SatEvent } from './events.ts';
import { DEFAULT_SAT_LIMITS, type SatLimits } from './limits.ts';
import type { ModuleCache } from './module-cache.ts';
import { ModuleShelf } from './module-shelf.ts';
import { SatSession } from './sat-session.ts';

/** Ours: pauses between attempts grow from the first to the second, in milliseconds; each is shortened by up to half at random. */
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 15_000;
/** A session that lasted so long was a good one: the next pause is a short one again. */
const GOOD_SESSION_MS = 10_000;
/** Ours: modules that an offer names. */
const MAX_CACHED = 1024;

/** What a Sat is made of. */
export interface SatOptions {
  readonly clock: Clock;
  readonly random: RandomSource;
  /** Opens a new link to the gateway; called again after every loss. */
  readonly dial: (signal: AbortSignal) => Promise<Link>;
  /** Name of the gateway that the Sat belongs to. */
  readonly gateway: string;
  /** A further condition on the gateway's attributes. */
  readonly allow?: PolicyExpression | undefined;
  /** Stays the caller's: the Sat does not close it. */
  readonly sandbox: Pick<FunctionSandbox, 'loadAside' | 'unload' | 'call'>;
  readonly modules: ModuleCache;
  /** What the owner allows at most. Default: {@link DEFAULT_CEILING}. */
  readonly ceiling?: Grants | undefined;
  /** The way to the world for HTTP and GraphQL; without it there is none. */
  readonly egress?: CapabilityProviders['egress'];
  /** The way to databases; without it there is none. Stays the caller's. */
  readonly database?: CapabilityProviders['database'];
  readonly labels?: ReadonlyMap<string, string> | undefined;
  /** Name and version of the program, for the gateway's list. */
  readonly software?: string | undefined;
  readonly limits?: Partial<SatLimits> | undefined;
  /** See `FrameSenderOptions`; `setImmediate` by default. */
  readonly defer?: ((flush: () => void) => void) | undefined;
  /** Where calls are written down. Default: nowhere. */
  readonly tracing?: Tracing | undefined;
  /** Told of everything that happens. Must not throw. */
  readonly onEvent?: ((event: SatEvent) => void) | undefined;
}

/** How a Sat stands. */
export interface SatStatus {
  readonly state: 'dialling' | 'waiting' | 'joined' | 'closed';
  /** Identifier of the gateway, while joined. */
  readonly gateway: string | undefined;
  readonly inFlight: number;
  /** Why it is not joined, by what the last attempt or session ended with; undefined while joined and before the first end. */
  readonly trouble: string | undefined;
}

/**
 * Runs functions for a gateway that it dials itself: it has no listener, and comes back after every loss for as long as it
 * lives. Starts at once; to be closed.
 */
export class Sat implements AsyncDisposable {
  readonly #options: SatOptions;
  readonly #rule: PeerRule;
  readonly #limits: SatLimits;
  readonly #ceiling: Grants;
  readonly #shelf: ModuleShelf;
  readonly #instance: Uint8Array;
  readonly #ceilingDigest: Uint8Array;
  readonly #closing = new AbortController();
  readonly #running: Promise<void>;
  #session: SatSession | undefined;
  #gateway: string | undefined;
  #state: SatStatus['state'] = 'dialling';
  #trouble: string | undefined;

  constructor(options: SatOptions) {
    this.#options = options;
    this.#rule = { attribute: GATEWAY_ATTRIBUTE, gateway: options.gateway, allow: options.allow };
    this.#limits = { ...DEFAULT_SAT_LIMITS, ...options.limits };
    this.#ceiling = options.ceiling ?? DEFAULT_CEILING;
    this.#shelf = new ModuleShelf({
      sandbox: options.sandbox,
      cache: options.modules,
      onCacheTrouble: (digest, reason) => this.#event({ kind: 'cache-trouble', digest, reason }),
    });
    this.#instance = options.random(16);
    this.#ceilingDigest = new Uint8Array(createHash('sha256').update(encodeGrants(this.#ceiling)).digest());
    this.#running = this.#run();
  }

  /** How it stands now. */
  get status(): SatStatus {
    const inFlight = this.#session?.inFlight ?? 0;
    return { state: this.#state, gateway: this.#gateway, inFlight, trouble: this.#trouble };
  }

  /** Functions that can be called now, with their modules in the sandbox. */
  get functions(): readonly Pick<ReadyFunction, 'name' | 'module'>[] {
    return this.#session?.functions ?? [];
  }

  /** Takes no more calls, lets those that run finish for up to `deadlineMs`, then leaves. */
  async close(deadlineMs = 10_000): Promise<void> {
    const session = this.#session;
    if (session !== undefined) {
      const patience = new AbortController();
      const drained = session.drain().finally(() => patience.abort());
      await delay(this.#options.clock, deadlineMs, patience.signal).catch(() => drained);
      session.end({ code: 'done', reason: 'the Sat was closed' });
    }
    this.#closing.abort(new SatError('SAT_CLOSED', 'the Sat was closed'));
    await this.#running;
  }

  /** As {@link Sat.close} with its default. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #run(): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#closing;
    let failures = 0;
    while (!signal.aborted) {
      this.#state = 'dialling';
      const startedMs = clock.monotonicMs();
      const setback = await this.#once(signal);
      if (signal.aborted) break;
      const wasGood = setback.kind === 'left' && clock.monotonicMs() - startedMs >= GOOD_SESSION_MS;
      const retryInMs = this.#pauseMs(wasGood ? 0 : failures);
      failures = wasGood ? 1 : failures + 1;
      this.#trouble = troubleOf(setback);
      this.#event({ ...setback, retryInMs });
      this.#state = 'waiting';
      await delay(clock, retryInMs, signal).catch(() => undefined);
    }
    this.#state = 'closed';
  }

  /** One link, from dialling to its end. */
  async #once(signal: AbortSignal): Promise<Setback> {
    const { clock, dial, modules } = this.#options;
    let link: Link;
    try {
      link = await dial(signal);
    } catch (error) {
      const code = error instanceof CodedError ? error.code : 'UNKNOWN';
      return { kind: 'dial-failed', code, reason: error instanceof Error ? error.message : String(error) };
    }
    const peer = link.peer.identifier;
    const verdict = await checkPeer(link.peer, this.#rule, clock);
    if (!verdict.allowed) {
      link.close();
      return { kind: 'gateway-refused', peer, check: verdict.check, reason: verdict.reason };
    }
    const cached = await modules.digests(MAX_CACHED).catch(() => []);
    if (signal.aborted) {
      link.close();
      return { kind: 'left', gateway: peer, code: 'done', reason: 'the Sat was closed' };
    }
    const end = await this.#serve(link, cached, verdict.recheckInMs);
    return { kind: 'left', gateway: peer, ...end };
  }

  async #serve(link: Link, cached: readonly string[], recheckInMs: number): Promise<SessionEnd> {
    const {
      clock,
      defer = setImmediate,
      sandbox,
      egress,
      database,
      software = 'perigee',
      labels = NO_LABELS,
    } = this.#options;
    const gateway = link.peer.identifier;
    const session = new SatSession({
      link,
      clock,
      defer,
      sandbox,
      shelf: this.#shelf,
      ceiling: this.#ceiling,
      ceilingDigest: this.#ceilingDigest,
      egress,
      database,
      instance: this.#instance,
      software,
      labels,
      cached,
      limits: this.#limits,
      tracing: this.#options.tracing,
      onEvent: (event) => this.#event(event),
      onJoined: () => {
        this.#state = 'joined';
        this.#trouble = undefined;
        this.#gateway = gateway;
        this.#event({ kind: 'joined', gateway });
      },
    });
    this.#session = session;
    const stopWatching = watchPeer(link.peer, this.#rule, clock, recheckInMs, {
      onAttributes: () => undefined,
      onRefused: ({ check, reason }) => session.end({ code: 'refused', reason: `${check}: ${reason}` }),
    });
    const end = await session.ended;
    stopWatching();
    this.#session = undefined;
    this.#gateway = undefined;
    return end;
  }

  #pauseMs(failures: number): number {
    const longest = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures, 16));
    const [high = 0, low = 0] = this.#options.random(2);
    return Math.round(longest * (1 - (high * 256 + low) / 0x2_0000));
  }

  #event(event: SatEvent): void {
    this.#options.onEvent?.(event);
  }
}

const NO_LABELS: ReadonlyMap<string, string> = new Map();

type WithoutRetry<E> = E extends { readonly retryInMs: number } ? Omit<E, 'retryInMs'> : never;
/** What made a Sat dial again. */
type Setback = WithoutRetry<SatEvent>;

function troubleOf(setback: Setback): string {
  if (setback.kind !== 'gateway-refused') return `${setback.code}: ${setback.reason}`;
  return `the gateway ${setback.peer} is refused: ${setback.check}: ${setback.reason}`;
}
