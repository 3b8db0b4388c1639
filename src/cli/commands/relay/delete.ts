import type { CommandDefinition } from '../../command.ts';
import { deleteItems } from '../../delete-items.ts';
import { withHome } from '../../home.ts';
import { callNode, nodeToUse } from '../../on-node.ts';
import type { RelayStatus } from '../../portal-report.ts';

type Options = { readonly at?: string; readonly yes?: true };

/** `relay delete NAME` (`commands.md` §8.5). */
export const command: CommandDefinition<Options> = {
  configure: (leaf) =>
    leaf
      .argument('[NAME]', 'name of the relay')
      .option('--at <NODE>', 'the node; the default one unless given')
      .option('-y, --yes', 'do not ask'),
  run: (context, { at, yes }, [name]) =>
    withHome(context, async (home) => {
      const node = await nodeToUse(context, home, at);
      return deleteItems(context, {
        items: await callNode<readonly RelayStatus[]>(home, node, '/relay/list'),
        singular: 'relay',
        plural: 'relays',
        name,
        all: undefined,
        yes,
        remove: async (relay) => {
          await callNode(home, node, '/relay/delete', { name: relay.name });
        },
        done: (gone) => `Relay with name ${gone} on Node ${node.name} has been deleted`,
        json: (gone) => ({ name: gone, node: node.name }),
      });
    }),
};
