import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Clock } from '../../kernel/index.ts';
import { type Metric, scalar } from './metric.ts';

/** Ours: how often the event loop is looked at, and over how long delays are gathered, milliseconds. */
const RESOLUTION_MS = 20;
const WINDOW_MS = 30_000;
const QUANTILES = [0.5, 0.99, 1] as const;

/** How much the process uses and how late its event loop is. To be closed. */
export class ProcessMetrics implements Disposable {
  readonly #clock: Clock;
  readonly #delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  readonly #startedAtSeconds: number;
  /** Of the last full window, seconds; until there is one, that of the present one counts. */
  #window: readonly number[] | undefined;
  #cancel: () => void = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startedAtSeconds = clock.nowMs() / 1000 - process.uptime();
    this.#delays.enable();
    this.#turn();
  }

  metrics(): readonly Metric[] {
    const { rss, heapUsed, heapTotal, external, arrayBuffers } = process.memoryUsage();
    const { user, system } = process.cpuUsage();
    const quantiles = this.#window ?? this.#read();
    const memory = { heap_used: heapUsed, heap_total: heapTotal, external, array_buffers: arrayBuffers };
    return [
      scalar('gauge', 'perigee_process_resident_memory_bytes', 'Memory of the process that is in RAM.', rss, 'By'),
      {
        type: 'gauge',
        name: 'perigee_process_memory_bytes',
        help: 'Memory of the main thread by kind; the threads of functions have heaps of their own.',
        unit: 'By',
        series: Object.entries(memory).map(([kind, value]) => ({ labels: { kind }, value })),
      },
      scalar(
        'counter',
        'perigee_process_cpu_seconds_total',
        'Processor time of all threads, in user mode and in the system.',
        (user + system) / 1e6,
        's',
      ),
      scalar(
        'gauge',
        'perigee_process_start_time_seconds',
        'When the process started, Unix time.',
        this.#startedAtSeconds,
        's',
      ),
      {
        type: 'gauge',
        name: 'perigee_process_event_loop_delay_seconds',
        help: 'How late the event loop of the main thread was within the last 30 seconds, by quantile.',
        unit: 's',
        series: QUANTILES.map((quantile, i) => ({ labels: { quantile: String(quantile) }, value: quantiles[i] ?? 0 })),
      },
    ];
  }

  [Symbol.dispose](): void {
    this.#cancel();
    this.#delays.disable();
  }

  #turn(): void {
    this.#cancel = this.#clock.schedule(WINDOW_MS, () => {
      this.#window = this.#read();
      this.#delays.reset();
      this.#turn();
    });
  }

  /** What is measured is the time between two looks, nanoseconds. */
  #read(): readonly number[] {
    if (this.#delays.count === 0) return QUANTILES.map(() => 0);
    return QUANTILES.map(
      (quantile) => Math.max(0, this.#delays.percentile(quantile * 100) / 1e6 - RESOLUTION_MS) / 1000,
    );
  }
}
