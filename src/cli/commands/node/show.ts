import type { CommandDefinition } from '../../command.ts';
import { withHome } from '../../home.ts';
import { nodeReport, statusOf } from '../../reports/node-report.ts';
import { showItems } from '../../questions/show-items.ts';

/** `node show [NAME]` (`commands.md` §8.3). */
export const command: CommandDefinition = {
  preview: true,
  configure: (leaf) => leaf.argument('[NODE_NAME]', 'name of the node; the default one unless given'),
  bare: {},
  run: (context, _options, [name]) =>
    withHome(context, (home) => {
      const nodes = home.nodes.list();
      return showItems(context, {
        items: nodes,
        nameOf: (node) => node.name,
        singular: 'node',
        plural: 'nodes',
        name,
        fallback: nodes.find(({ isDefault }) => isDefault)?.name,
        unnamed: 'there is no default node',
        report: async (node) => nodeReport(context.output, node, await statusOf(home, node)),
      });
    }),
};
