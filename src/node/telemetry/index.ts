/**
 * Traces and logs that leave the machine, when their owner wants that, for an OpenTelemetry collector.
 *
 * Specification: `docs/observability.md` §6 · layer 5.
 * Read: active.ts (which span the code runs within), start-export.ts (loaded when something is exported), spans.ts, log-records.ts,
 * export-queue.ts; the contract of the rooms is `kernel/tracing.ts`.
 * Invariants: without an endpoint nothing is loaded or sent; queues and waits have a bound; a collector that is not there costs a command
 * one connection timeout and a node nothing; no payload, key, ticket, header or query is an attribute.
 * Tests: beside the files; with real processes in test/e2e/telemetry.test.ts.
 */
import type { StartOptions } from './start-export.ts';
import type { TelemetryExport } from './telemetry-export.ts';

export { activeSpan } from './active.ts';
export type { ExportSettings, SignalSettings, TroubleOutput } from './export-settings.ts';
export { type Exporting, type Resource, resourceOf } from './resource.ts';
export type { TelemetryExport } from './telemetry-export.ts';

/** Starts to export traces and logs. @throws {NodeError} NODE_TELEMETRY */
export async function startTelemetry(options: StartOptions): Promise<TelemetryExport> {
  // A good part of the program, for those who use it.
  const { startExport } = await import('./start-export.ts');
  return startExport(options);
}
