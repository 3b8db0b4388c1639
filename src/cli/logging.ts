import { newestLog, RotatingFile, setUpLogging, type LogLevelName } from '../node/logging/index.ts';
import { systemClock } from '../node/system/index.ts';
import type { CommandContext } from './command.ts';
import { setting } from './environment.ts';
import { CliError } from './errors.ts';

export { newestLog };

const LEVELS: readonly LogLevelName[] = ['error', 'warn', 'info', 'debug', 'trace'];
const DEFAULT_MAX_MB = 100;
const DEFAULT_MAX_FILES = 60;

/** What this process logs goes to files in `directory`; the returned function writes what waits and closes them. */
export function logToFiles({ environment }: Pick<CommandContext, 'environment'>, directory: string): () => void {
  const file = new RotatingFile({
    directory,
    clock: systemClock,
    maxBytes: numberSetting(environment, 'LOG_MAX_SIZE_MB', DEFAULT_MAX_MB) * 1024 * 1024,
    maxFiles: numberSetting(environment, 'LOG_MAX_FILES', DEFAULT_MAX_FILES),
  });
  setUpLogging({
    level: levelOf(environment, 'info'),
    format: formatOf(environment),
    write: (line) => file.write(line),
  });
  return () => file.close();
}

/** What this process logs goes to the console: standard output with `-v`, else standard error unless `--quiet`. */
export function logToConsole({ environment, globals, output }: CommandContext): void {
  const { verbose, quiet } = globals;
  if (verbose === 0 && quiet) return;
  const level = verbose === 0 ? levelOf(environment, 'info') : verbose < 3 ? 'info' : verbose === 3 ? 'debug' : 'trace';
  const write = verbose > 0 ? (line: string) => output.line(line) : (line: string) => output.failure(`${line}\n`);
  setUpLogging({ level, format: formatOf(environment), write });
}

function levelOf(environment: CommandContext['environment'], otherwise: LogLevelName): LogLevelName {
  const wanted = setting(environment, 'LOG_LEVEL')?.toLowerCase();
  const level = wanted === undefined ? otherwise : LEVELS.find((known) => known === wanted);
  if (level === undefined) throw invalid('LOG_LEVEL', LEVELS.join(', '));
  return level;
}

function formatOf(environment: CommandContext['environment']): 'default' | 'pretty' | 'json' {
  const format = setting(environment, 'LOG_FORMAT') ?? 'default';
  if (format === 'default' || format === 'pretty' || format === 'json') return format;
  throw invalid('LOG_FORMAT', 'default, pretty, json');
}

function numberSetting(environment: CommandContext['environment'], name: string, otherwise: number): number {
  const text = setting(environment, name);
  if (text === undefined) return otherwise;
  if (!/^[1-9]\d{0,6}$/.test(text)) throw invalid(name, 'a whole number of at least 1');
  return Number(text);
}

function invalid(name: string, allowed: string): CliError {
  return new CliError('CLI_INVALID_ENVIRONMENT', `cannot parse the value of the environment variable PERIGEE_${name}`, {
    remedy: `use ${allowed}`,
  });
}
