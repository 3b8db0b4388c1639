import { deletePolicy } from '../../../node/policies/index.ts';
import type { CommandDefinition } from '../../command.ts';
import { deleteItems, requireNameOrAll } from '../../delete-items.ts';
import { withHome } from '../../home.ts';
import { callNode, nodeToUse } from '../../on-node.ts';
import type { InletStatus } from '../../portal-report.ts';

type Options = { readonly at?: string; readonly all?: true; readonly yes?: true };

/** `tcp-inlet delete ALIAS` (`commands.md` §8.5). */
export const command: CommandDefinition<Options> = {
  configure: (leaf) =>
    leaf
      .argument('[ALIAS]', 'name of the inlet')
      .option('--at <NODE>', 'the node; the default one unless given')
      .option('--all', 'delete every inlet of the node')
      .option('-y, --yes', 'do not ask'),
  run: (context, { at, all, yes }, [alias]) => {
    requireNameOrAll(alias, all);
    return withHome(context, async (home) => {
      const node = await nodeToUse(context, home, at);
      const inlets = await callNode<readonly InletStatus[]>(home, node, '/tcp-inlet/list');
      return deleteItems(context, {
        items: inlets.map((inlet) => ({ name: inlet.alias })),
        singular: 'TCP inlet',
        plural: 'TCP inlets',
        name: alias,
        all,
        yes,
        remove: async ({ name }) => {
          await callNode(home, node, '/tcp-inlet/delete', { alias: name });
          deletePolicy(home, node.name, { scope: 'name', resource: name });
        },
        done: (name) => `TCP Inlet with alias ${name} on Node ${node.name} has been deleted`,
        json: (name) => ({ alias: name, node: node.name }),
        hasMachineForm: false,
      });
    });
  },
};
