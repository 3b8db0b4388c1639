import { usageError } from './errors.ts';

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

function truth(value: string): boolean | undefined {
  if (/^(true|1|yes|on)$/i.test(value)) return true;
  if (/^(false|0|no|off)$/i.test(value)) return false;
  return undefined;
}
