import type { CommandDefinition } from '../../command.ts';
import { defaultCommand } from '../../questions/default-item.ts';

/** `node default [NAME]` (`commands.md` §8.3). */
export const command: CommandDefinition = defaultCommand(
  'node',
  ({ nodes }) => ({
    get: (name) => (name === undefined ? nodes.default() : nodes.get(name)),
    setDefault: (name) => nodes.setDefault(name),
  }),
  'NODE_NAME',
);
