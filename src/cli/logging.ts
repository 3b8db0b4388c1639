import path from 'node:path';
import { getLogger } from '@logtape/logtape';
import { CodedError } from '../kernel/index.ts';
import { homeDirectory } from '../node/home/index.ts';
import { RotatingFile } from '../node/log-files/index.ts';
import { setUpLogging, type LogLevelName } from '../node/logging/index.ts';
import { systemClock } from '../node/system/index.ts';
import type { CommandContext } from './command.ts';
import { isLogging, levelOfVerbosity, setting } from './environment.ts';
import { CliError } from './errors.ts';

const LEVELS: readonly LogLevelName[] = ['error', 'warn', 'info', 'debug', 'trace'];
const DEFAULT_MAX_MB = 100;
const DEFAULT_MAX_FILES = 60;

/** What an ordinary command logs, and how it ended. */
export interface CommandLog extends Disposable {
  readonly failed: (error: unknown) => void;
}

/**
 * Begins the log of an ordinary command: on standard output with `-v`, with `LOGGING` in `commands/<words>/` of the home (`commands.md`
 * §2.1). Arguments are not in it: tickets and other secrets are among them.
 * @param words of the command.
 * @throws {CliError} CLI_INVALID_ENVIRONMENT, CLI_LOCAL_STATE
 */
export function logCommand(context: CommandContext, words: readonly string[]): CommandLog {
  const { environment, globals } = context;
  const name = words.join(' ');
  let close = (): void => undefined;
  if (globals.verbose > 0) logToConsole(context);
  else close = logToFiles(context, path.join(homeDirectory(environment), 'commands', name), 'debug');
  const log = getLogger(['perigee', 'command']);
  log.debug('{name} begins', { name });
  return {
    failed: (error) =>
      log.error('{name} failed: {what}', { name, what: error instanceof CodedError ? error.code : error }),
    [Symbol.dispose]: () => {
      log.debug('{name} ends', { name });
      close();
    },
  };
}

/**
 * What this process logs goes to files in `directory`; the returned function writes what waits and closes them.
 * @param otherwise the level when no variable says one.
 * @throws {CliError} CLI_INVALID_ENVIRONMENT, CLI_LOCAL_STATE
 */
export function logToFiles(
  { environment, telemetry }: Pick<CommandContext, 'environment' | 'telemetry'>,
  directory: string,
  otherwise: LogLevelName = 'info',
): () => void {
  const level = levelOf(environment, otherwise);
  const format = formatOf(environment);
  const parts = partsOf(environment);
  const file = openFile({
    directory,
    clock: systemClock,
    maxBytes: numberSetting(environment, 'LOG_MAX_SIZE_MB', DEFAULT_MAX_MB) * 1024 * 1024,
    maxFiles: numberSetting(environment, 'LOG_MAX_FILES', DEFAULT_MAX_FILES),
  });
  setUpLogging({ level, format, parts, write: (line) => file.write(line), alsoTo: telemetry?.log });
  return () => file.close();
}

/**
 * What this process logs goes to the console: with `-v` or `LOGGING` to standard output, results among it, else to standard error unless
 * `--quiet`.
 * @throws {CliError} CLI_INVALID_ENVIRONMENT
 */
export function logToConsole({ environment, globals, output, telemetry }: CommandContext): void {
  const { verbose, quiet } = globals;
  const isAsked = verbose > 0 || isLogging(environment);
  if (!isAsked && quiet) return;
  if (isAsked) output.recordAll();
  const level = verbose > 0 ? levelOfVerbosity(verbose) : levelOf(environment, isAsked ? 'debug' : 'info');
  const write = isAsked ? (line: string) => output.line(line) : (line: string) => output.failure(`${line}\n`);
  const parts = verbose > 0 ? undefined : partsOf(environment);
  setUpLogging({ level, format: formatOf(environment), parts, write, alsoTo: telemetry?.log });
}

function openFile(options: ConstructorParameters<typeof RotatingFile>[0]): RotatingFile {
  try {
    return new RotatingFile(options);
  } catch (cause) {
    throw new CliError('CLI_LOCAL_STATE', 'the log of this command cannot be written', {
      cause,
      remedy: 'check owner and permissions of the home, or unset PERIGEE_LOGGING',
    });
  }
}

/** Words of `LOG_CRATES_FILTER` that mean everything here: there is nothing below that would log. */
const EVERYTHING = ['all', 'basic', 'core', 'default'];

function partsOf(environment: CommandContext['environment']): readonly string[] | undefined {
  const filter = setting(environment, 'LOG_CRATES_FILTER') ?? 'basic';
  if (EVERYTHING.includes(filter)) return undefined;
  const parts = [...new Set(filter.split(',').map((part) => part.trim()))];
  if (parts.every((part) => /^[a-z][a-z-]{0,63}$/.test(part)) && parts.length <= 64) return parts;
  throw invalid('LOG_CRATES_FILTER', 'all, basic, core, or names of parts such as gateway,compute');
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
