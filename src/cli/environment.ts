import { quoted } from '../kernel/index.ts';
import { CliError, usageError } from './errors.ts';

/** The environment as it was when the command started. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The value of a variable: `PERIGEE_<name>` first, else `OCKAM_<name>` (`commands.md` §2); an empty one counts as unset.
 */
export function setting(environment: Environment, name: string): string | undefined {
  return environment[`PERIGEE_${name}`] || environment[`OCKAM_${name}`] || undefined;
}

/** A yes-or-no variable. @throws {CliError} CLI_INVALID_ENVIRONMENT */
export function booleanSetting(environment: Environment, name: string, otherwise: boolean): boolean {
  const value = setting(environment, name);
  if (value === undefined) return otherwise;
  const meaning = truth(value);
  if (meaning === undefined) {
    throw new CliError(
      'CLI_INVALID_ENVIRONMENT',
      `cannot parse the value of the environment variable PERIGEE_${name}: ${quoted(value)}`,
      {
        remedy: 'use true or false',
      },
    );
  }
  return meaning;
}

/** The variable behind a flag, such as `QUIET`; an empty one is unset. @throws {CliError} CLI_USAGE */
export function flagVariable(environment: Environment, name: string, flag: string): boolean {
  const value = environment[name];
  if (value === undefined || value === '') return false;
  const meaning = truth(value);
  if (meaning === undefined) throw usageError(`invalid value '${value}' for '${flag}' [possible values: true, false]`);
  return meaning;
}

function truth(value: string): boolean | undefined {
  if (/^(true|1|yes|on)$/i.test(value)) return true;
  if (/^(false|0|no|off)$/i.test(value)) return false;
  return undefined;
}
