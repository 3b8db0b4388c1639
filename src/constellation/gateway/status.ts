import type { Deployment } from './deployment.ts';
import type { SatSeat } from './sat-seat.ts';

/** A Sat in a gateway's list. */
export interface SatStatus {
  readonly identifier: string;
  readonly instance: string;
  readonly software: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly labels: ReadonlyMap<string, string>;
  /** Hex; equal for Sats whose owners allow the same. */
  readonly ceiling: string;
  readonly concurrency: number;
  readonly inFlight: number;
  readonly draining: boolean;
  /** Results that came, and those of them that were failures. */
  readonly finished: number;
  readonly failed: number;
  /** Unix milliseconds. */
  readonly joinedAtMs: number;
  /** Monotonic milliseconds of the gateway's clock. */
  readonly lastHeardMs: number;
  /** Of the last ping; undefined while none was needed. */
  readonly roundTripMs: number | undefined;
  /** Functions of the served deployment that it can run. */
  readonly functions: readonly string[];
}

/** What a gateway does at the moment. */
export interface GatewayStatus {
  readonly name: string;
  readonly application:
    | {
        readonly identifier: string;
        readonly version: string;
        readonly digest: string;
        readonly handlers: readonly string[];
      }
    | undefined;
  readonly sats: readonly SatStatus[];
  readonly requests: {
    readonly open: number;
    readonly served: number;
    readonly failed: number;
    readonly waiting: number;
  };
}

/** The status of a gateway. */
export function statusOf(
  name: string,
  active: Deployment | undefined,
  seats: ReadonlySet<SatSeat>,
  requests: GatewayStatus['requests'],
): GatewayStatus {
  return {
    name,
    application: active && applicationOf(active),
    sats: [...seats].map((s) => satOf(s, active)),
    requests,
  };
}

function applicationOf({ bundle }: Deployment): NonNullable<GatewayStatus['application']> {
  const { directive, digest } = bundle;
  const handlers = directive.handlers.filter(({ type }) => type === 'request').map((handler) => handler.name);
  return { identifier: directive.identifier, version: directive.appVersion, digest, handlers };
}

function satOf(seat: SatSeat, active: Deployment | undefined): SatStatus {
  const { offer } = seat;
  return {
    identifier: seat.identifier,
    instance: seat.instance,
    software: offer.software,
    attributes: seat.attributes,
    labels: offer.labels,
    ceiling: offer.ceiling.toHex(),
    concurrency: offer.concurrency,
    inFlight: seat.inFlight,
    draining: seat.draining,
    ...seat.counts,
    joinedAtMs: seat.joinedAtMs,
    lastHeardMs: seat.session.lastHeardMs,
    roundTripMs: seat.session.roundTripMs,
    functions: active?.functions.filter(({ ready }) => ready.includes(seat)).map((target) => target.name) ?? [],
  };
}
