import { type Home, homeDirectory, openHomeAt, secretKeyFrom } from '../node/home/index.ts';
import type { CommandContext } from './command.ts';

/** Opens the user's home for the time that `use` takes. */
export async function withHome<T>({ environment }: CommandContext, use: (home: Home) => Promise<T> | T): Promise<T> {
  using home = openHomeAt(homeDirectory(environment), { secretKey: secretKeyFrom(environment) });
  return await use(home);
}

/** How background processes of ours are started: by the script that this process runs. */
export function starterOf({ environment, signal }: CommandContext): {
  readonly script: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
} {
  const script = process.argv[1];
  if (script === undefined) throw new Error('this process runs no script');
  return { script, environment: { ...environment }, signal };
}
