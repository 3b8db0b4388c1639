import type { CommandEntry } from '../../command.ts';
import { refusedCommand } from '../../refused-command.ts';

const WHY = 'space administrators are e-mail accounts and need a controller';

/** The commands of `space-admin`. */
export const commands: readonly CommandEntry[] = ['add', 'delete', 'list'].map((verb) =>
  refusedCommand(verb, WHY, "use 'perigee project-member add --enroller'"),
);
