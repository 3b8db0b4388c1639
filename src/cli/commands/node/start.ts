import { startNode } from '../../../node/nodes/index.ts';
import type { CommandDefinition } from '../../command.ts';
import { EXIT } from '../../errors.ts';
import { starterOf, withHome } from '../../home.ts';
import { nodeReport, statusOf } from '../../node-report.ts';

/** `node start [NAME]` (`commands.md` §8.3). */
export const command: CommandDefinition = {
  about: 'Starts a stopped node with everything it had.',
  configure: (leaf) => leaf.argument('[NODE_NAME]', 'name of the node; the default one unless given'),
  run: (context, _options, [name]) =>
    withHome(context, async (home) => {
      const { output } = context;
      const node = name === undefined ? home.nodes.default() : home.nodes.get(name);
      if (node.status === 'running') {
        const { resultStyle: style } = output;
        output.result({
          plain: `  ${style.failure('✗')} The node '${node.name}' is already running. If you want to restart it you can call: ${context.program} node stop ${node.name}`,
        });
        return EXIT.ok;
      }
      using _progress = output.spinner(`Starting the node ${node.name}`);
      await startNode(home, node.name, starterOf(context));
      const started = home.nodes.get(node.name);
      output.result(nodeReport(output, started, await statusOf(home, started)));
      return EXIT.ok;
    }),
};
