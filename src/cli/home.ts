import { CodedError } from '../kernel/errors/index.ts';
import type { Home } from '../node/home/index.ts';
import type { CommandContext } from './command.ts';
import { type Environment, levelOfVerbosity, setting } from './environment.ts';
import { CliError } from './errors.ts';

/** A home as commands have it: with what was set when they started. */
export interface CommandHome extends Home {
  readonly environment: Environment;
}

/** What `perigee reset` may help against; a database that is busy, full or another program's it must not delete. */
const RESETTABLE = new Set(['STORAGE_CORRUPT', 'STORAGE_FROM_FUTURE', 'STORAGE_CANNOT_OPEN', 'STORAGE_FAILED']);

/** Opens the user's home for the time that `use` takes. @throws {CliError} CLI_LOCAL_STATE */
export async function withHome<T>(
  { environment, program }: CommandContext,
  use: (home: CommandHome) => Promise<T> | T,
): Promise<T> {
  using home = await openHome(environment, program);
  return await use(home);
}

async function openHome(environment: Environment, program: string): Promise<CommandHome> {
  refusePostgres(environment);
  // Help does without it.
  const { homeDirectory, openHomeAt, secretKeyFrom } = await import('../node/home/index.ts');
  try {
    const home = openHomeAt(homeDirectory(environment), { secretKey: secretKeyFrom(environment) });
    return Object.assign(home, { environment });
  } catch (cause) {
    if (!(cause instanceof CodedError)) throw cause;
    const remedy = RESETTABLE.has(cause.code)
      ? [cause.remedy, `'${program} reset' deletes everything in the home, to begin anew`].filter(Boolean).join('; ')
      : cause.remedy;
    throw new CliError('CLI_LOCAL_STATE', 'Failed to initialize local state', { cause, remedy });
  }
}

/** State that is wanted elsewhere must not land here unnoticed. @throws {CliError} CLI_INVALID_ENVIRONMENT */
function refusePostgres(environment: Environment): void {
  const given = setting(environment, 'POSTGRES_HOST') ?? setting(environment, 'POSTGRES_PORT');
  if (given === undefined) return;
  throw new CliError(
    'CLI_INVALID_ENVIRONMENT',
    'state cannot be kept in PostgreSQL: it is in the home, on this machine',
    {
      remedy: 'unset PERIGEE_POSTGRES_HOST, PERIGEE_POSTGRES_PORT and the same with OCKAM_',
    },
  );
}

/** How background processes of ours are started: by the script that this process runs. */
export function starterOf({ environment, signal, globals }: CommandContext): {
  readonly script: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
} {
  const script = process.argv[1];
  if (script === undefined) throw new Error('this process runs no script');
  // A process in the background says as much as the command that starts it was asked to.
  const level = globals.verbose === 0 ? undefined : levelOfVerbosity(globals.verbose);
  return { script, environment: { ...environment, ...(level !== undefined && { PERIGEE_LOG_LEVEL: level }) }, signal };
}
