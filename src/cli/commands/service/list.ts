import type { CommandDefinition } from '../../command.ts';
import { withHome } from '../../home.ts';
import { listOf } from '../../list.ts';
import { callNode, nodeToUse } from '../../on-node.ts';
import type { ServiceStatus } from '../../channel-report.ts';

type Options = { readonly at?: string };

/** `service list` (`commands.md` §8.9). */
export const command: CommandDefinition<Options> = {
  configure: (leaf) => leaf.option('--at <NODE>', 'the node; the default one unless given'),
  run: (context, { at }) =>
    withHome(context, async (home) => {
      const { output } = context;
      const node = await nodeToUse(context, home, at);
      const items = await callNode<readonly ServiceStatus[]>(home, node, '/service/list');
      output.result({
        plain: listOf(
          output,
          `Services on ${node.name}`,
          items.map(({ type, addr }) => [`${type} service at ${addr}`]),
          `No services found on ${node.name}`,
        ),
        json: items,
      });
    }),
};
