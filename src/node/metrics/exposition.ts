/** Metrics in the text format of Prometheus, version 0.0.4 (`observability.md` §3). */
import type { HistogramSnapshot } from '../../compute/metrics/index.ts';
import type { Labels, Metric } from './metric.ts';

/** The media type of {@link exposition}. */
export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** All `metrics`, each with its help and type; the text ends with a line feed. */
export function exposition(metrics: readonly Metric[]): string {
  const lines: string[] = [];
  for (const metric of metrics) {
    const { name, help, type } = metric;
    lines.push(`# HELP ${name} ${escapeHelp(help)}`, `# TYPE ${name} ${type}`);
    if (metric.type === 'histogram') {
      for (const { labels, value } of metric.series) pushHistogram(lines, name, labels, value);
    } else {
      for (const { labels, value } of metric.series) lines.push(`${name}${labelText(labels)} ${numberText(value)}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

/** Buckets are cumulative here: each counts everything up to its bound. */
function pushHistogram(
  lines: string[],
  name: string,
  labels: Labels,
  { bounds, counts, sum }: HistogramSnapshot,
): void {
  let count = 0;
  for (const [i, inBucket] of counts.entries()) {
    count += inBucket;
    const le = numberText(bounds[i] ?? Number.POSITIVE_INFINITY);
    lines.push(`${name}_bucket${labelText({ ...labels, le })} ${count}`);
  }
  lines.push(`${name}_sum${labelText(labels)} ${numberText(sum)}`, `${name}_count${labelText(labels)} ${count}`);
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value);
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

function escapeLabel(text: string): string {
  return escapeHelp(text).replaceAll('"', '\\"');
}
