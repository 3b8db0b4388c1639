import type { CommandDefinition } from '../../command.ts';
import { withHome } from '../../home.ts';
import { listOf } from '../../list.ts';
import { callNode, nodeToUse } from '../../on-node.ts';
import { transportLine, type TransportStatus } from '../../channel-report.ts';

type Options = { readonly at?: string };

/** `tcp-listener list` (`commands.md` §8.9). */
export const command: CommandDefinition<Options> = {
  configure: (leaf) => leaf.option('--at <NODE>', 'the node; the default one unless given'),
  run: (context, { at }) =>
    withHome(context, async (home) => {
      const { output } = context;
      const node = await nodeToUse(context, home, at);
      const items = await callNode<readonly TransportStatus[]>(home, node, '/tcp-listener/list');
      output.result({
        plain: listOf(
          output,
          `TCP Listeners on ${node.name}`,
          items.map((item) => [transportLine(item)]),
          `No TCP Listeners found on ${node.name}`,
        ),
      });
    }),
};
