import type { CommandDefinition } from '../../command.ts';
import { withHome } from '../../home.ts';
import { listOf } from '../../list.ts';
import { callNode, nodeToUse } from '../../on-node.ts';
import { type ChannelListenerStatus, listenerName } from '../../channel-report.ts';

type Options = { readonly at?: string };

/** `secure-channel-listener list` (`commands.md` §8.9). */
export const command: CommandDefinition<Options> = {
  configure: (leaf) => leaf.option('--at <NODE>', 'the node; the default one unless given'),
  run: (context, { at }) =>
    withHome(context, async (home) => {
      const { output } = context;
      const node = await nodeToUse(context, home, at);
      const items = await callNode<readonly ChannelListenerStatus[]>(home, node, '/secure-channel-listener/list');
      output.result({
        plain: listOf(
          output,
          `Secure Channel Listeners at ${node.name}`,
          items.map((item) => [`Listener at /service/${listenerName(item)}`]),
          `No secure channel listeners found at node ${node.name}.`,
        ),
      });
    }),
};
