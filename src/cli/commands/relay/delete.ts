import type { CommandDefinition } from '../../command.ts';
import { deleteCommand } from '../../nodes/node-noun.ts';
import { callNode } from '../../nodes/on-node.ts';
import { RELAYS } from './noun.ts';

/** `relay delete [NAME]` (`commands.md` §8.5). */
export const command: CommandDefinition = deleteCommand(RELAYS, {
  remove: async (home, node, name) => {
    await callNode(home, node, '/relay/delete', { name });
  },
  done: (name, node) => `Relay with name ${name} on Node ${node} has been deleted`,
  forScripts: 'text',
});
