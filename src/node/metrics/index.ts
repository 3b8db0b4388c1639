/**
 * What a process publishes of itself: for Prometheus to scrape, and for an OpenTelemetry collector.
 *
 * Specification: `docs/observability.md` §3, §4 · layer 5.
 * Read: metric.ts (the form of everything), publish.ts, exposition.ts, metrics-server.ts, telemetry.ts; what is told:
 * process-metrics.ts, sandbox-metrics.ts, gateway-metrics.ts, sat-metrics.ts.
 * Invariants: nothing listens or leaves unless it was asked for; no label comes from a guest or a client; the number of series
 * is bounded; a scrape reads and changes nothing.
 * Tests: beside the files, with a reader of the format in `testdata/`.
 */
export { GatewayMetrics } from './gateway-metrics.ts';
export type { Collect, Metric } from './metric.ts';
export { publishMetrics, type PublishedMetrics, type PublishOptions } from './publish.ts';
export { sandboxMetrics } from './sandbox-metrics.ts';
export { SatMetrics } from './sat-metrics.ts';
