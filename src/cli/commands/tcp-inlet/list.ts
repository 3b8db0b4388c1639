import type { CommandDefinition } from '../../command.ts';
import { withHome } from '../../home.ts';
import { listOf } from '../../list.ts';
import { callNode, nodeToUse } from '../../on-node.ts';
import { inletLines, type InletStatus } from '../../portal-report.ts';

type Options = { readonly at?: string };

/** `tcp-inlet list` (`commands.md` §8.5). */
export const command: CommandDefinition<Options> = {
  configure: (leaf) => leaf.option('--at <NODE>', 'the node; the default one unless given'),
  run: (context, { at }) =>
    withHome(context, async (home) => {
      const { output } = context;
      const node = await nodeToUse(context, home, at);
      const inlets = await callNode<readonly InletStatus[]>(home, node, '/tcp-inlet/list');
      output.result({
        plain: listOf(
          output,
          `Inlets on Node ${node.name}`,
          inlets.map((inlet) => inletLines(inlet, output.resultStyle)),
          `No TCP Inlets found on ${node.name}`,
        ),
        json: inlets,
      });
    }),
};
