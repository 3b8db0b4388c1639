import type { SatEvent, SatStatus } from '../../constellation/sat/index.ts';
import { type Metric, scalar } from './metric.ts';

/** Counts what happens at a Sat, apart from its functions. */
export class SatMetrics {
  readonly #sessions = { 'dial-failed': 0, 'gateway-refused': 0, joined: 0, left: 0 };
  #fetchedModules = 0;
  #fetchedBytes = 0;
  #droppedLines = 0;

  /** Takes in one event. */
  count(event: SatEvent): void {
    switch (event.kind) {
      case 'dial-failed':
      case 'gateway-refused':
      case 'joined':
      case 'left':
        this.#sessions[event.kind]++;
        return;
      case 'module-fetched':
        this.#fetchedModules++;
        this.#fetchedBytes += event.bytes;
        return;
      case 'log-line-dropped':
        this.#droppedLines++;
        return;
      default:
    }
  }

  /** Everything so far, and how things stand. */
  metrics({ state, inFlight }: SatStatus): readonly Metric[] {
    return [
      scalar('gauge', 'perigee_sat_joined', '1 while the Sat has its gateway, else 0.', state === 'joined' ? 1 : 0),
      scalar('gauge', 'perigee_sat_calls_in_flight', 'Calls of the gateway that have no result.', inFlight),
      {
        type: 'counter',
        name: 'perigee_sat_sessions_total',
        help: 'Attempts to reach the gateway that failed, gateways that were refused, sessions that began and ended.',
        unit: '',
        series: Object.entries(this.#sessions).map(([event, value]) => ({ labels: { event }, value })),
      },
      scalar(
        'counter',
        'perigee_sat_modules_fetched_total',
        'Modules that came from the gateway.',
        this.#fetchedModules,
      ),
      scalar(
        'counter',
        'perigee_sat_fetched_bytes_total',
        'Bytes of modules that came from the gateway.',
        this.#fetchedBytes,
        'By',
      ),
      scalar(
        'counter',
        'perigee_sat_log_lines_dropped_total',
        'Lines that functions logged faster than they may.',
        this.#droppedLines,
      ),
    ];
  }
}
