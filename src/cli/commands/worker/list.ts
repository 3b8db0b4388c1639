import type { CommandDefinition } from '../../command.ts';
import { withHome } from '../../home.ts';
import { listOf } from '../../list.ts';
import { callNode, nodeToUse } from '../../on-node.ts';

type Options = { readonly at?: string };

/** `worker list` (`commands.md` §8.9). */
export const command: CommandDefinition<Options> = {
  configure: (leaf) => leaf.option('--at <NODE>', 'the node; the default one unless given'),
  run: (context, { at }) =>
    withHome(context, async (home) => {
      const { output } = context;
      const node = await nodeToUse(context, home, at);
      const items = await callNode<readonly string[]>(home, node, '/worker/list');
      output.result({
        plain: listOf(
          output,
          `Workers on ${node.name}`,
          items.map((item) => [`Worker ${item}`]),
          `No workers found on ${node.name}.`,
        ),
      });
    }),
};
