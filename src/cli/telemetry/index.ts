/**
 * Whether and how this process exports traces and logs: the environment's words, the span of a command.
 *
 * Specification: `docs/commands.md` §2.2, `docs/observability.md` §6 · layer 6.
 * Read: settings.ts, command-telemetry.ts; `node/telemetry` does the rest.
 * Invariants: loaded only when the export is switched on; a variable that cannot be read is an error, also one without effect.
 * Tests: settings.test.ts; with real processes in test/e2e/telemetry.test.ts.
 */
export { type CommandTelemetry, exportCommand, exportProcess } from './command-telemetry.ts';
export { exportSettings, type Ground } from './settings.ts';
