import { CodedError } from '../kernel/errors/index.ts';

/** A fault of the command line itself: the words as the user sees them. */
export class CliError extends CodedError<
  | 'CLI_USAGE'
  | 'CLI_NOT_CONFIRMED'
  | 'CLI_NOT_FOUND'
  | 'CLI_FAILED'
  | 'CLI_INTERRUPTED'
  | 'CLI_INVALID_ENVIRONMENT'
  | 'CLI_CONFIGURATION'
  | 'CLI_JQ'
  | 'CLI_LOCAL_STATE'
> {}

/** Exit codes that the command line uses (`commands.md` §3). */
export const EXIT = { ok: 0, usage: 64, software: 70 } as const;

/** What a user who typed something wrong sees. */
export function usageError(cause: string, tip?: string, usage?: string): CliError {
  return new CliError(
    'CLI_USAGE',
    `${cause}${tip === undefined ? '' : `\n\n  tip: ${tip}`}${usage === undefined ? '' : `\n\nUsage: ${usage}`}`,
  );
}
