import type { CommandDefinition } from '../../command.ts';
import { deleteItems, requireNameOrAll } from '../../questions/delete-items.ts';
import { withHome } from '../../home.ts';

type Options = { readonly all?: true; readonly yes?: true; readonly force?: true };

/** `node delete [NAME]` (`commands.md` §8.3). */
export const command: CommandDefinition<Options> = {
  about: 'Stops a node and removes it. Its identity and its project stay.',
  configure: (leaf) =>
    leaf
      .argument('[NODE_NAME]', 'name of the node')
      .option('--all', 'delete every node')
      .option('-y, --yes', 'do not ask')
      .option('-f, --force', 'deprecated, without effect'),
  run: (context, { all, yes, force }, [name]) => {
    requireNameOrAll(name, all);
    return withHome(context, async (home) => {
      const { deleteNode } = await import('../../../node/nodes/index.ts');
      const { output } = context;
      if (force === true) output.warn('--force is deprecated. This flag has no effect');
      return deleteItems(context, {
        items: home.nodes.list(),
        singular: 'node',
        plural: 'nodes',
        name,
        all,
        yes,
        remove: (node) =>
          deleteNode(home, node, () =>
            output.warn(`Failed to stop node ${node.name} with SIGTERM, trying with SIGKILL`),
          ),
        done: (gone) => `The node with name ${gone} has been deleted`,
      });
    });
  },
};
