import { type Environment, setting } from '../environment.ts';
import { CliError } from '../errors.ts';
import { durationMs } from '../arguments/values.ts';

/** Ours: a longer one is no deadline. */
const MAX_MS = 86_400_000;

/**
 * How long a call may take that has no flag for it, milliseconds, by `DEFAULT_TIMEOUT` (`commands.md` §2); undefined when that is unset.
 * @throws {CliError} CLI_INVALID_ENVIRONMENT
 */
export function defaultTimeoutMs(environment: Environment): number | undefined {
  const text = setting(environment, 'DEFAULT_TIMEOUT');
  if (text === undefined) return undefined;
  const timeoutMs = parsed(text);
  if (timeoutMs !== undefined && timeoutMs > 0 && timeoutMs <= MAX_MS) return timeoutMs;
  throw new CliError(
    'CLI_INVALID_ENVIRONMENT',
    'cannot parse the value of the environment variable PERIGEE_DEFAULT_TIMEOUT',
    { remedy: 'write a duration of at most a day, such as 30s' },
  );
}

function parsed(text: string): number | undefined {
  try {
    return durationMs(text);
  } catch {
    // The caller's complaint names the variable, which this one does not know.
    return undefined;
  }
}
