import { stopNode } from '../../../node/nodes/index.ts';
import type { CommandDefinition } from '../../command.ts';
import { CliError } from '../../errors.ts';
import { withHome } from '../../home.ts';

type Options = { readonly force?: true };

/** `node stop [NAME]` (`commands.md` §8.3). */
export const command: CommandDefinition<Options> = {
  configure: (leaf) =>
    leaf
      .argument('[NODE_NAME]', 'name of the node; the default one unless given')
      .option('-f, --force', 'deprecated, without effect'),
  run: (context, { force }, [name]) =>
    withHome(context, async (home) => {
      const { output } = context;
      if (force === true) output.warn('--force is deprecated. This flag has no effect');
      const running = home.nodes.list().filter(({ status }) => status === 'running');
      if (running.length === 0 && name === undefined) {
        return output.result({ plain: `  ${output.resultStyle.info('>')} There are no nodes running` });
      }
      const wanted = name ?? home.nodes.default().name;
      const node = running.find((one) => one.name === wanted);
      if (node === undefined) throw new CliError('CLI_NOT_FOUND', `The node ${wanted} was not found`);
      using _progress = output.spinner(`Stopping the node ${wanted}`);
      await stopNode(home, node, () => output.warn(`Failed to stop node ${wanted} with SIGTERM, trying with SIGKILL`));
      return output.result({ plain: `  ${output.resultStyle.success('✔')} The node with name ${wanted} was stopped` });
    }),
};
