import type { CommandEntry } from '../../command.ts';
import { refusedCommand } from '../../refused-command.ts';

/** The commands of `share`. */
export const commands: readonly CommandEntry[] = ['accept', 'create', 'list', 'revoke', 'service', 'show'].map((verb) =>
  refusedCommand(verb, 'invitations need a controller', "use 'perigee project ticket'"),
);
