import { deletePolicy } from '../../../node/policies/index.ts';
import type { CommandDefinition } from '../../command.ts';
import { deleteItems, requireNameOrAll } from '../../delete-items.ts';
import { withHome } from '../../home.ts';
import { callNode, nodeToUse } from '../../on-node.ts';
import { outletName, type OutletStatus } from '../../portal-report.ts';

type Options = { readonly at?: string; readonly all?: true; readonly yes?: true };

/** `tcp-outlet delete ALIAS` (`commands.md` §8.5). */
export const command: CommandDefinition<Options> = {
  configure: (leaf) =>
    leaf
      .argument('[ALIAS]', 'address of the outlet')
      .option('--at <NODE>', 'the node; the default one unless given')
      .option('--all', 'delete every outlet of the node')
      .option('-y, --yes', 'do not ask'),
  run: (context, { at, all, yes }, [alias]) => {
    requireNameOrAll(alias, all);
    return withHome(context, async (home) => {
      const node = await nodeToUse(context, home, at);
      const outlets = await callNode<readonly OutletStatus[]>(home, node, '/tcp-outlet/list');
      return deleteItems(context, {
        items: outlets.map((outlet) => ({ name: outletName(outlet) })),
        singular: 'TCP outlet',
        plural: 'TCP outlets',
        name: alias,
        all,
        yes,
        remove: async ({ name }) => {
          await callNode(home, node, '/tcp-outlet/delete', { name });
          deletePolicy(home, node.name, { scope: 'name', resource: name });
        },
        done: (name) => `TCP Outlet with alias ${name} on node ${node.name} has been deleted`,
        json: (name) => ({ alias: name, node: node.name }),
      });
    });
  },
};
