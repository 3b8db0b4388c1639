/**
 * Metrics for an OpenTelemetry collector over OTLP/HTTP (`observability.md` §4).
 *
 * Counters and gauges are observable instruments of `@opentelemetry/api`. It has no observable histogram, so those reach the
 * SDK's reader beside them, as data. Both come from the same snapshot that is scraped. The SDK itself is an optional peer and
 * loaded only when the environment names a collector.
 */
import {
  type BatchObservableResult,
  diag,
  DiagLogLevel,
  type Meter,
  type Observable,
  ValueType,
} from '@opentelemetry/api';
import type { DataPoint, Histogram, HistogramMetricData, MetricProducer } from '@opentelemetry/sdk-metrics';
import type * as Exporter from '@opentelemetry/exporter-metrics-otlp-http';
import type * as Sdk from '@opentelemetry/sdk-metrics';
import { type Clock, delay } from '../../kernel/index.ts';
import { NodeError } from '../errors.ts';
import { type Exporting, type Resource, resourceOf } from '../telemetry/index.ts';
import type { Collect, HistogramMetric, Metric, ScalarMetric } from './metric.ts';

/** Specification (OpenTelemetry, environment variables of SDKs): intervals unless given, milliseconds. */
const EXPORT_INTERVAL_MS = 60_000;
const EXPORT_TIMEOUT_MS = 30_000;
/** Ours: how long the last export may take, milliseconds. */
const FLUSH_MS = 3_000;
/** Ours: series of one instrument, well above what a snapshot has. */
const MAX_SERIES = 20_000;
const SCOPE = 'perigee';
const SDK = '@opentelemetry/sdk-metrics';
const EXPORTER = '@opentelemetry/exporter-metrics-otlp-http';

/** What is exported, and in whose name. */
export interface TelemetryOptions extends Exporting {
  /** The node's name. */
  readonly instance: string;
  readonly clock: Clock;
  readonly collect: Collect;
  /** Told of what goes wrong with an export, which is tried again with the next. */
  readonly onTrouble: (what: string) => void;
  /** Loads a peer by its name; for tests. */
  readonly load?: ((name: string) => Promise<unknown>) | undefined;
}

/** A running export. */
export interface Telemetry {
  /** Exports what there is now. */
  readonly flush: () => Promise<void>;
  /** Exports once more, and ends. */
  readonly close: () => Promise<void>;
}

/**
 * Exports metrics at intervals to the collector that the environment names.
 * @throws {NodeError} NODE_TELEMETRY when the peers are not installed, or an interval is no number
 */
export async function startTelemetry(options: TelemetryOptions): Promise<Telemetry> {
  const { environment, collect, clock, onTrouble } = options;
  const interval = milliseconds(environment, 'OTEL_METRIC_EXPORT_INTERVAL', EXPORT_INTERVAL_MS);
  const timeout = Math.min(interval, milliseconds(environment, 'OTEL_METRIC_EXPORT_TIMEOUT', EXPORT_TIMEOUT_MS));
  const { sdk, exporter } = await loadPeers(options.load ?? ((name) => import(name)));
  const tell = (...words: unknown[]): void => onTrouble(words.map(String).join(' '));
  diag.setLogger(
    { error: tell, warn: tell, info: () => {}, debug: () => {}, verbose: () => {} },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  const resource = resourceOf(SDK, options);
  const producer = histogramProducer(sdk, resource, collect, clock);
  const reader = new sdk.PeriodicExportingMetricReader({
    exporter: new exporter.OTLPMetricExporter(),
    exportIntervalMillis: interval,
    exportTimeoutMillis: timeout,
    metricProducers: [producer],
    cardinalityLimits: { default: MAX_SERIES },
  });
  const provider = new sdk.MeterProvider({ resource, readers: [reader] });
  observe(provider.getMeter(SCOPE, options.version), collect);
  return {
    flush: () => provider.forceFlush(),
    close: async () => {
      const patience = new AbortController();
      const ended = provider
        .shutdown()
        .catch((error: unknown) => onTrouble(`the last export failed: ${String(error)}`))
        .finally(() => patience.abort());
      await Promise.race([ended, delay(clock, FLUSH_MS, patience.signal).catch(() => undefined)]);
      diag.disable();
    },
  };
}

/** Makes an observable instrument of each counter and gauge. Names lose `_total`, which exporters to Prometheus put back. */
export function observe(meter: Meter, collect: Collect): void {
  const instruments = new Map<string, Observable>();
  for (const metric of collect()) {
    if (metric.type === 'histogram') continue;
    const description = { description: metric.help, unit: metric.unit === '' ? '1' : metric.unit };
    const name = instrumentName(metric);
    const instrument =
      metric.type === 'counter'
        ? meter.createObservableCounter(name, description)
        : meter.createObservableGauge(name, description);
    instruments.set(metric.name, instrument);
  }
  const report = (result: BatchObservableResult): void => {
    for (const metric of collect()) {
      const instrument = instruments.get(metric.name);
      if (instrument === undefined) continue;
      for (const { labels, value } of (metric as ScalarMetric).series) result.observe(instrument, value, labels);
    }
  };
  meter.addBatchObservableCallback(report, [...instruments.values()]);
}

function instrumentName({ name }: Metric): string {
  return name.replace(/_total$/, '');
}

interface Peers {
  readonly sdk: typeof Sdk;
  readonly exporter: typeof Exporter;
}

async function loadPeers(load: (name: string) => Promise<unknown>): Promise<Peers> {
  try {
    const [sdk, exporter] = await Promise.all([load(SDK), load(EXPORTER)]);
    return { sdk, exporter } as Peers;
  } catch (cause) {
    throw new NodeError(
      'NODE_TELEMETRY',
      'metrics are to go to an OpenTelemetry collector, whose SDK cannot be loaded',
      {
        cause,
        remedy: `install it beside perigee: npm install ${SDK} ${EXPORTER}; or unset OTEL_EXPORTER_OTLP_ENDPOINT`,
      },
    );
  }
}

function milliseconds(environment: TelemetryOptions['environment'], name: string, otherwise: number): number {
  const text = environment[name];
  if (text === undefined || text === '') return otherwise;
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0 && value < 2 ** 31) return value;
  throw new NodeError(
    'NODE_TELEMETRY',
    `${name} is ${JSON.stringify(text.slice(0, 64))}, not a number of milliseconds`,
    {
      remedy: 'give a whole number above 0, or unset it',
    },
  );
}

/** Histograms as the SDK's reader takes them from elsewhere. */
function histogramProducer(sdk: Peers['sdk'], resource: Resource, collect: Collect, clock: Clock): MetricProducer {
  const startTime = timeOf(clock.nowMs());
  const dataOf = ({ name, help, unit, series }: HistogramMetric): HistogramMetricData => ({
    descriptor: { name, description: help, unit, valueType: ValueType.DOUBLE },
    aggregationTemporality: sdk.AggregationTemporality.CUMULATIVE,
    dataPointType: sdk.DataPointType.HISTOGRAM,
    dataPoints: series.map(({ labels, value: { bounds, counts, sum } }): DataPoint<Histogram> => {
      const count = counts.reduce((a, b) => a + b, 0);
      const value = { buckets: { boundaries: [...bounds], counts: [...counts] }, sum, count };
      return { startTime, endTime: timeOf(clock.nowMs()), attributes: labels, value };
    }),
  });
  return {
    collect: async () => {
      const metrics = collect().flatMap((metric) => (metric.type === 'histogram' ? [dataOf(metric)] : []));
      const scopeMetrics = [{ scope: { name: SCOPE }, metrics }];
      return { resourceMetrics: { resource, scopeMetrics }, errors: [] };
    },
  };
}

/** Seconds and nanoseconds. */
function timeOf(ms: number): [number, number] {
  const seconds = Math.floor(ms / 1000);
  return [seconds, Math.round((ms - seconds * 1000) * 1e6)];
}
