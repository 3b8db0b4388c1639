import type { CommandDefinition } from '../../command.ts';
import { CliError } from '../../errors.ts';
import { withHome } from '../../home.ts';
import { callNode, nodeToUse } from '../../on-node.ts';
import { outletName, type OutletStatus } from '../../portal-report.ts';

type Options = { readonly at?: string };

/** `tcp-outlet show ALIAS` (`commands.md` §8.5). */
export const command: CommandDefinition<Options> = {
  configure: (leaf) =>
    leaf
      .argument('[ALIAS]', 'address of the outlet; may be left out when there is only one')
      .option('--at <NODE>', 'the node; the default one unless given'),
  run: (context, { at }, [alias]) =>
    withHome(context, async (home) => {
      const node = await nodeToUse(context, home, at);
      const outlets = await callNode<readonly OutletStatus[]>(home, node, '/tcp-outlet/list');
      const outlet =
        alias === undefined && outlets.length === 1 ? outlets[0] : outlets.find((one) => outletName(one) === alias);
      if (outlet === undefined) {
        throw new CliError(
          'CLI_NOT_FOUND',
          alias === undefined ? 'No TCP Outlet alias provided' : `There is no TCP outlet with address '${alias}'`,
        );
      }
      const worker = `/service/${outletName(outlet)}`;
      context.output.result({
        plain: `  Outlet\n    On Node: ${node.name}\n    From address: ${worker}\n    To TCP server: ${outlet.to}`,
        json: { node_name: node.name, to: outlet.to, worker_address: worker },
      });
    }),
};
