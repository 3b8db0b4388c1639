/** Commands of the reference that mean a hosted service: scripts that call one learn so by words, not by a usage error (`commands.md` §9.6). */
import type { CommandEntry } from './command.ts';
import { CliError } from './errors.ts';

/** A command that takes whatever it is given and fails with CLI_FAILED. */
export function refusedCommand(name: string, why: string, remedy?: string): CommandEntry {
  return {
    name,
    summary: 'Refused: there is no hosted service',
    hidden: true,
    load: () =>
      Promise.resolve({
        configure: (leaf) => {
          leaf.argument('[WHATEVER...]', 'accepted for compatibility').allowUnknownOption().allowExcessArguments();
        },
        run: () => Promise.reject(new CliError('CLI_FAILED', why, { remedy })),
      }),
  };
}
