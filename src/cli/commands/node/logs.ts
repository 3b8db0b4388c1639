import type { CommandDefinition } from '../../command.ts';
import { CliError } from '../../errors.ts';
import { withHome } from '../../home.ts';

/** `node logs [NAME]` (`commands.md` §8.3). */
export const command: CommandDefinition = {
  examples: [['tail -f "$(perigee node logs gateway)"', 'follow the log of a node']],
  configure: (leaf) => leaf.argument('[NODE_NAME]', 'name of the node; the default one unless given'),
  bare: {},
  run: (context, _options, [name]) =>
    withHome(context, async (home) => {
      const { newestLog } = await import('../../../node/log-files/index.ts');
      const node = name === undefined ? home.nodes.default() : home.nodes.get(name);
      const path = newestLog(home.nodeDirectory(node.name));
      if (path === undefined) throw new CliError('CLI_NOT_FOUND', `there is no log file for the node ${node.name}`);
      const { resultStyle: style } = context.output;
      context.output.result({
        plain: `  ${style.success('✔')} The path for the log file is: ${path}`,
        machine: path,
        json: { path },
      });
    }),
};
