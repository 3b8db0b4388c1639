import type { CommandDefinition } from '../../command.ts';
import { listCommand } from '../../nodes/node-noun.ts';

/** `worker list` (`commands.md` §8.9). */
export const command: CommandDefinition = listCommand<string>({
  path: 'worker',
  heading: (node) => `Workers on ${node}`,
  empty: (node) => `No workers found on ${node}.`,
  lines: (worker) => [`Worker ${worker}`],
});
