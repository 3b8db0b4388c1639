import type { CommandDefinition } from '../../command.ts';
import { deleteItems, requireNameOrAll } from '../../questions/delete-items.ts';
import { withHome } from '../../home.ts';

type Options = { readonly all?: true; readonly yes?: true };

/** `gateway delete [NAME]` (`commands.md` §10.1). */
export const command: CommandDefinition<Options> = {
  about: 'Stops a gateway and removes it. Its identity and its project stay.',
  configure: (leaf) =>
    leaf
      .argument('[NAME]', 'name of the gateway')
      .option('--all', 'delete every gateway')
      .option('-y, --yes', 'do not ask'),
  run: (context, { all, yes }, [name]) => {
    requireNameOrAll(name, all);
    return withHome(context, async (home) => {
      const { deleteNode } = await import('../../../node/nodes/index.ts');
      const { output } = context;
      return deleteItems(context, {
        items: home.nodes.list().filter(({ kind }) => kind === 'gateway'),
        singular: 'gateway',
        plural: 'gateways',
        name,
        all,
        yes,
        remove: (node) =>
          deleteNode(home, node, () => output.warn(`Failed to stop ${node.name} with SIGTERM, trying with SIGKILL`)),
        done: (gone) => `The gateway ${gone} has been deleted`,
      });
    });
  },
};
