import { type ChannelListenerStatus, listenerName } from '../../reports/channel-report.ts';
import type { CommandDefinition } from '../../command.ts';
import { withHome } from '../../home.ts';
import { CliError } from '../../errors.ts';
import { callNode, nodeToUse, serviceName } from '../../nodes/on-node.ts';

type Options = { readonly at?: string };

/** `secure-channel-listener show` (`commands.md` §8.9). */
export const command: CommandDefinition<Options> = {
  needsArguments: true,
  configure: (leaf) =>
    leaf
      .argument('<ADDRESS>', 'address of the listener', serviceName)
      .option('--at <NODE>', 'the node; the default one unless given'),
  run: (context, { at }, [given = '']) =>
    withHome(context, async (home) => {
      const name = serviceName(given);
      const node = await nodeToUse(context, home, at);
      const all = await callNode<readonly ChannelListenerStatus[]>(home, node, '/secure-channel-listener/list');
      if (!all.some((one) => listenerName(one) === name))
        throw new CliError('CLI_NOT_FOUND', `There is no secure channel listener at '${name}'`);
      context.output.result({ plain: `/service/${name}` });
    }),
};
