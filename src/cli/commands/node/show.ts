import type { CommandDefinition } from '../../command.ts';
import { CliError } from '../../errors.ts';
import { withHome } from '../../home.ts';
import { nodeReport, statusOf } from '../../node-report.ts';

/** `node show [NAME]` (`commands.md` §8.3). */
export const command: CommandDefinition = {
  configure: (leaf) => leaf.argument('[NODE_NAME]', 'name of the node; the default one unless given'),
  run: (context, _options, [name]) =>
    withHome(context, async (home) => {
      const nodes = home.nodes.list();
      const { output } = context;
      if (nodes.length === 0) {
        return output.result({ plain: `  ${output.resultStyle.info('>')} There are no nodes to show`, json: [] });
      }
      const node =
        name === undefined ? nodes.find(({ isDefault }) => isDefault) : nodes.find((one) => one.name === name);
      if (node === undefined) throw new CliError('CLI_NOT_FOUND', `The node ${name} was not found`);
      return output.result(nodeReport(output, node, await statusOf(home, node)));
    }),
};
