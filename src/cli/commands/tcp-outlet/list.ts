import type { CommandDefinition } from '../../command.ts';
import { withHome } from '../../home.ts';
import { listOf } from '../../list.ts';
import { callNode, nodeToUse } from '../../on-node.ts';
import { outletName, type OutletStatus } from '../../portal-report.ts';

type Options = { readonly at?: string };

/** `tcp-outlet list` (`commands.md` §8.5). */
export const command: CommandDefinition<Options> = {
  configure: (leaf) => leaf.option('--at <NODE>', 'the node; the default one unless given'),
  run: (context, { at }) =>
    withHome(context, async (home) => {
      const { output } = context;
      const { resultStyle: style } = output;
      const node = await nodeToUse(context, home, at);
      const outlets = await callNode<readonly OutletStatus[]>(home, node, '/tcp-outlet/list');
      const rows = outlets.map((outlet) => ({ from: `/service/${outletName(outlet)}`, to: outlet.to }));
      output.result({
        plain: listOf(
          output,
          `Outlets on Node ${node.name}`,
          rows.map(({ from, to }) => [`Outlet at ${style.primary(from)} is connected to ${style.primary(to)}`]),
          `No TCP Outlets found on node ${node.name}`,
        ),
        json: rows,
      });
    }),
};
