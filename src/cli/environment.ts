import { CliError, usageError } from './errors.ts';

/** The environment as it was when the command started. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The value of a variable: `PERIGEE_<name>` first, else `OCKAM_<name>` (`commands.md` §2); an empty one counts as unset.
 */
export function setting(environment: Environment, name: string): string | undefined {
  return environment[`PERIGEE_${name}`] || environment[`OCKAM_${name}`] || undefined;
}

/** The variable behind a flag, such as `QUIET`; an empty one is unset. @throws {CliError} CLI_USAGE */
export function flagVariable(environment: Environment, name: string, flag: string): boolean {
  const value = environment[name];
  if (value === undefined || value === '') return false;
  const meaning = truth(value);
  if (meaning === undefined) throw usageError(`invalid value '${value}' for '${flag}' [possible values: true, false]`);
  return meaning;
}

/**
 * Whether help shows what is hidden: `PERIGEE_HELP_SHOW_HIDDEN`. Under the other name `true` means to hide, as it does in Ockam Command.
 * @throws {CliError} CLI_INVALID_ENVIRONMENT
 */
export function showsHidden(environment: Environment): boolean {
  const own = switchSetting(environment, 'PERIGEE_HELP_SHOW_HIDDEN');
  return own ?? switchSetting(environment, 'OCKAM_HELP_SHOW_HIDDEN') === false;
}

/** Whether help is Markdown, for a program that shows it. @throws {CliError} CLI_INVALID_ENVIRONMENT */
export function rendersMarkdown(environment: Environment): boolean {
  const own = switchSetting(environment, 'PERIGEE_HELP_RENDER_MARKDOWN');
  return own ?? switchSetting(environment, 'OCKAM_HELP_RENDER_MARKDOWN') ?? false;
}

/** Whether commands log that would not (`commands.md` §2.1). @throws {CliError} CLI_INVALID_ENVIRONMENT */
export function isLogging(environment: Environment): boolean {
  const own = switchSetting(environment, 'PERIGEE_LOGGING');
  return own ?? switchSetting(environment, 'OCKAM_LOGGING') ?? false;
}

/** Whether traces and logs are exported (`commands.md` §2.2), if there is an endpoint. @throws {CliError} CLI_INVALID_ENVIRONMENT */
export function isExporting(environment: Environment): boolean {
  const own = switchSetting(environment, 'PERIGEE_OPENTELEMETRY_EXPORT');
  return own ?? switchSetting(environment, 'OCKAM_OPENTELEMETRY_EXPORT') ?? false;
}

/** The trace that this process is to go on with, as `traceparent`; empty for none. */
export function parentTrace(environment: Environment): string {
  return environment['TRACEPARENT'] ?? '';
}

/** What is logged with so many `-v`, at least one (`commands.md` §2.1). */
export function levelOfVerbosity(verbose: number): 'info' | 'debug' | 'trace' {
  return verbose < 3 ? 'info' : verbose === 3 ? 'debug' : 'trace';
}

/** Whether the terminal says that its ground is light: the last number of `COLORFGBG`, as the terminals count their 16 colours. */
export function hasLightGround(environment: Environment): boolean {
  const ground = /;(\d{1,2})$/.exec(environment['COLORFGBG'] ?? '')?.[1];
  return ground !== undefined && (ground === '7' || (Number(ground) >= 9 && Number(ground) <= 15));
}

/** A variable that is true or false; undefined when it is unset or empty. @throws {CliError} CLI_INVALID_ENVIRONMENT */
export function switchSetting(environment: Environment, variable: string): boolean | undefined {
  const value = environment[variable];
  if (value === undefined || value === '') return undefined;
  const meaning = truth(value);
  if (meaning !== undefined) return meaning;
  throw new CliError('CLI_INVALID_ENVIRONMENT', `cannot parse the value of the environment variable ${variable}`, {
    remedy: 'use true or false',
  });
}

function truth(value: string): boolean | undefined {
  if (/^(true|1|yes|on)$/i.test(value)) return true;
  if (/^(false|0|no|off)$/i.test(value)) return false;
  return undefined;
}
