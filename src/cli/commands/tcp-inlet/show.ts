import type { CommandDefinition } from '../../command.ts';
import { CliError } from '../../errors.ts';
import { withHome } from '../../home.ts';
import { callNode, nodeToUse } from '../../on-node.ts';
import { inletLines, type InletStatus } from '../../portal-report.ts';

type Options = { readonly at?: string };

/** `tcp-inlet show ALIAS` (`commands.md` §8.5). */
export const command: CommandDefinition<Options> = {
  configure: (leaf) =>
    leaf
      .argument('[ALIAS]', 'name of the inlet; may be left out when there is only one')
      .option('--at <NODE>', 'the node; the default one unless given'),
  run: (context, { at }, [alias]) =>
    withHome(context, async (home) => {
      const { output } = context;
      const node = await nodeToUse(context, home, at);
      const inlets = await callNode<readonly InletStatus[]>(home, node, '/tcp-inlet/list');
      const inlet = alias === undefined && inlets.length === 1 ? inlets[0] : inlets.find((one) => one.alias === alias);
      if (inlet === undefined) {
        throw new CliError(
          'CLI_NOT_FOUND',
          alias === undefined ? 'No TCP Inlet alias provided' : `There is no TCP inlet with alias '${alias}'`,
        );
      }
      const lines = inletLines(inlet, output.resultStyle);
      output.result({ plain: lines.map((line) => `    ${line}`).join('\n'), json: inlet });
    }),
};
