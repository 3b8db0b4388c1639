import type { CommandDefinition } from '../../command.ts';
import { deleteCommand } from '../../nodes/node-noun.ts';
import { callNode } from '../../nodes/on-node.ts';
import { INLETS } from './noun.ts';

/** `tcp-inlet delete [ALIAS]` (`commands.md` §8.5). */
export const command: CommandDefinition = deleteCommand(INLETS, {
  all: 'delete every inlet of the node',
  remove: async (home, node, alias) => {
    const { deletePolicy } = await import('../../../node/policies/index.ts');
    await callNode(home, node, '/tcp-inlet/delete', { alias });
    deletePolicy(home, node.name, { scope: 'name', resource: alias });
  },
  done: (alias, node) => `TCP Inlet with alias ${alias} on Node ${node} has been deleted`,
  json: (alias, node) => ({ alias, node }),
  forScripts: 'json',
});
