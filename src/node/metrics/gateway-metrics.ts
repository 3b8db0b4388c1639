import { DURATION_BOUNDS_MS, Histogram } from '../../compute/metrics/index.ts';
import type { GatewayEvent, GatewayStatus } from '../../constellation/gateway/index.ts';
import { inSeconds, type Metric, scalar, type ScalarMetric } from './metric.ts';

/** Ours: handlers that are told apart, and statuses of one; functions choose statuses. */
const MAX_HANDLERS = 256;
const MAX_STATUSES = 64;
/** In place of the handler's name when no handler was found, or there are too many; in place of a status. */
const NO_HANDLER = '(none)';
const OTHERS = '(other)';

class HandlerCounts {
  readonly statuses = new Map<number, number>();
  otherStatuses = 0;
  readonly duration = new Histogram(DURATION_BOUNDS_MS);

  count(status: number, ms: number): void {
    this.duration.observe(ms);
    const before = this.statuses.get(status);
    if (before !== undefined) this.statuses.set(status, before + 1);
    else if (this.statuses.size < MAX_STATUSES) this.statuses.set(status, 1);
    else this.otherStatuses++;
  }
}

/** Counts what happens at a gateway. */
export class GatewayMetrics {
  readonly #handlers = new Map<string, HandlerCounts>();
  #retries = 0;
  readonly #sats = { joined: 0, left: 0, refused: 0 };

  /** Takes in one event. */
  count(event: GatewayEvent): void {
    switch (event.kind) {
      case 'request':
        this.#of(event.handler ?? NO_HANDLER).count(event.status, event.ms);
        return;
      case 'call-retried':
        this.#retries++;
        return;
      case 'sat-joined':
        this.#sats.joined++;
        return;
      case 'sat-left':
        this.#sats.left++;
        return;
      case 'sat-refused':
        this.#sats.refused++;
        return;
      default:
    }
  }

  /** Everything so far, and how things stand. */
  metrics({ sats, requests }: GatewayStatus): readonly Metric[] {
    const handlers = [...this.#handlers];
    return [
      {
        type: 'counter',
        name: 'perigee_gateway_requests_total',
        help: 'Requests that were answered, by handler and status; 499 when the client had left.',
        unit: '',
        series: handlers.flatMap(([handler, counts]) => statusesOf(handler, counts)),
      },
      {
        type: 'histogram',
        name: 'perigee_gateway_request_duration_seconds',
        help: 'From the head of a request to its answer, by handler.',
        unit: 's',
        series: handlers.map(([handler, { duration }]) => ({
          labels: { handler },
          value: inSeconds(duration.snapshot()),
        })),
      },
      scalar('gauge', 'perigee_gateway_requests_open', 'Requests that are being served.', requests.open),
      scalar(
        'gauge',
        'perigee_gateway_calls_waiting',
        'Calls of functions that wait for room at a Sat.',
        requests.waiting,
      ),
      scalar(
        'counter',
        'perigee_gateway_requests_failed_total',
        'Requests that failed at the gateway or its Sats, and not by an error that a function reported.',
        requests.failed,
      ),
      scalar('counter', 'perigee_gateway_calls_retried_total', 'Calls that another Sat was given.', this.#retries),
      scalar('gauge', 'perigee_gateway_sats', 'Sats that are there.', sats.length),
      {
        type: 'counter',
        name: 'perigee_gateway_sat_sessions_total',
        help: 'Sats that joined, left or were refused.',
        unit: '',
        series: Object.entries(this.#sats).map(([event, value]) => ({ labels: { event }, value })),
      },
      {
        type: 'gauge',
        name: 'perigee_gateway_sat_calls_in_flight',
        help: 'Calls that a Sat has and has not ended, by its identifier.',
        unit: '',
        series: inFlightOf(sats),
      },
    ];
  }

  #of(handler: string): HandlerCounts {
    const known = this.#handlers.get(handler);
    if (known !== undefined) return known;
    if (this.#handlers.size >= MAX_HANDLERS && handler !== OTHERS) return this.#of(OTHERS);
    const counts = new HandlerCounts();
    this.#handlers.set(handler, counts);
    return counts;
  }
}

function statusesOf(handler: string, { statuses, otherStatuses }: HandlerCounts): ScalarMetric['series'] {
  const series = [...statuses].map(([status, value]) => ({ labels: { handler, status: String(status) }, value }));
  if (otherStatuses > 0) series.push({ labels: { handler, status: OTHERS }, value: otherStatuses });
  return series;
}

/** A Sat that comes back may for a moment be there twice. */
function inFlightOf(sats: GatewayStatus['sats']): ScalarMetric['series'] {
  const calls = new Map<string, number>();
  for (const { identifier, inFlight } of sats) calls.set(identifier, (calls.get(identifier) ?? 0) + inFlight);
  return [...calls].map(([sat, value]) => ({ labels: { sat }, value }));
}
