import type { CommandDefinition } from '../../command.ts';
import { deleteCommand } from '../../nodes/node-noun.ts';
import { callNode } from '../../nodes/on-node.ts';
import { OUTLETS } from './noun.ts';

/** `tcp-outlet delete [ALIAS]` (`commands.md` §8.5). */
export const command: CommandDefinition = deleteCommand(OUTLETS, {
  all: 'delete every outlet of the node',
  remove: async (home, node, name) => {
    const { deletePolicy } = await import('../../../node/policies/index.ts');
    await callNode(home, node, '/tcp-outlet/delete', { name });
    deletePolicy(home, node.name, { scope: 'name', resource: name });
  },
  done: (name, node) => `TCP Outlet with alias ${name} on node ${node} has been deleted`,
  json: (alias, node) => ({ alias, node }),
});
