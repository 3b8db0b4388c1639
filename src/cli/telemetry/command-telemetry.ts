import { errorType } from '../../kernel/index.ts';
import { systemClock } from '../../node/system/index.ts';
import { startTelemetry, type TelemetryExport } from '../../node/telemetry/index.ts';
import { type Environment, parentTrace } from '../environment.ts';
import { EXIT } from '../errors.ts';
import { exitCodeOf } from '../output/render-error.ts';
import { VERSION } from '../version.ts';
import { exportSettings } from './settings.ts';

/** The export of a command. */
export interface CommandTelemetry extends TelemetryExport {
  /** Runs the command in a span of its own, which ends with it. @param parent its `traceparent`; that of the environment unless given. */
  readonly around: (run: () => Promise<number>, parent: string | undefined) => Promise<number>;
}

/**
 * Starts the export of a command, when there is an endpoint and the collector is there.
 * @param words of the command; its arguments are in no span, as tickets are among them.
 * @param toConsole takes a line for standard error.
 * @throws {CliError} CLI_INVALID_ENVIRONMENT · {NodeError} NODE_TELEMETRY
 */
export async function exportCommand(
  environment: Environment,
  words: readonly string[],
  toConsole: (line: string) => void,
): Promise<CommandTelemetry | undefined> {
  const settings = exportSettings(environment, 'FOREGROUND');
  if (settings === undefined) return undefined;
  const telemetry = await startTelemetry({
    settings,
    environment,
    service: 'perigee',
    version: VERSION,
    clock: systemClock,
    onlyIfThere: true,
    toConsole,
  });
  const { tracing } = telemetry;
  return {
    ...telemetry,
    around: async (run, parent = parentTrace(environment)) => {
      if (tracing === undefined) return run();
      const span = tracing.begin(words.join(' '), { parent });
      try {
        const code = await span.within(run);
        span.set('process.exit.code', code);
        span.end(code === EXIT.ok ? undefined : String(code));
        return code;
      } catch (error) {
        span.set('process.exit.code', exitCodeOf(error));
        span.end(errorType(error));
        throw error;
      }
    },
  };
}

/** Starts the export of a process in the background. @throws {CliError} CLI_INVALID_ENVIRONMENT · {NodeError} NODE_TELEMETRY */
export async function exportProcess(
  environment: Environment,
  { kind, name }: { readonly kind: string; readonly name: string },
): Promise<TelemetryExport | undefined> {
  const settings = exportSettings(environment, 'BACKGROUND');
  if (settings === undefined) return undefined;
  return startTelemetry({
    settings,
    environment,
    service: `perigee-${kind}`,
    instance: name,
    version: VERSION,
    clock: systemClock,
    onlyIfThere: false,
    toConsole: (line) => process.stderr.write(`${line}\n`),
  });
}
