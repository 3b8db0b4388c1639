import type { CommandDefinition } from '../../command.ts';
import { withHome } from '../../home.ts';
import { listOf } from '../../list.ts';
import { callNode, nodeToUse } from '../../on-node.ts';
import type { ChannelStatus } from '../../channel-report.ts';

type Options = { readonly at?: string };

/** `secure-channel list` (`commands.md` §8.9). */
export const command: CommandDefinition<Options> = {
  configure: (leaf) => leaf.option('--at <NODE>', 'the node; the default one unless given'),
  run: (context, { at }) =>
    withHome(context, async (home) => {
      const { output } = context;
      const node = await nodeToUse(context, home, at);
      const items = await callNode<readonly ChannelStatus[]>(home, node, '/secure-channel/list');
      output.result({
        plain: listOf(
          output,
          `Secure Channels on ${node.name}`,
          items.map(({ address, to }) => [`From ${node.name} to ${to}`, `At ${address}`]),
          `No secure channels found on ${node.name}`,
        ),
      });
    }),
};
