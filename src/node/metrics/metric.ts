import type { HistogramSnapshot } from '../../compute/metrics/index.ts';

/** What tells one series of a metric from the others. */
export type Labels = Readonly<Record<string, string>>;

interface Family {
  /** In the form of Prometheus: the unit at the end, `_total` behind it for counters. */
  readonly name: string;
  /** One sentence. */
  readonly help: string;
  /** UCUM, as OpenTelemetry wants it; empty for plain numbers. */
  readonly unit: '' | 's' | 'By';
}

/** Numbers that only grow, or that go up and down. */
export interface ScalarMetric extends Family {
  readonly type: 'counter' | 'gauge';
  readonly series: readonly { readonly labels: Labels; readonly value: number }[];
}

/** Values in buckets. */
export interface HistogramMetric extends Family {
  readonly type: 'histogram';
  readonly series: readonly { readonly labels: Labels; readonly value: HistogramSnapshot }[];
}

/** A metric with all of its series, as of one moment; there are no two with the same labels. */
export type Metric = ScalarMetric | HistogramMetric;

/** Takes a snapshot of everything there is to tell; every metric is in it, also one without a series. */
export type Collect = () => readonly Metric[];

/** Buckets of milliseconds as buckets of seconds. */
export function inSeconds({ bounds, counts, sum }: HistogramSnapshot): HistogramSnapshot {
  return { bounds: bounds.map((bound) => bound / 1000), counts, sum: sum / 1000 };
}

/** A counter or gauge with one series. */
export function scalar(
  type: ScalarMetric['type'],
  name: string,
  help: string,
  value: number,
  unit: ScalarMetric['unit'] = '',
): ScalarMetric {
  return { type, name, help, unit, series: [{ labels: {}, value }] };
}
