import type { CommandDefinition } from '../../command.ts';
import { withHome } from '../../home.ts';
import { listOf } from '../../list.ts';
import { callNode, nodeToUse } from '../../on-node.ts';
import { relayLines, type RelayStatus } from '../../portal-report.ts';

type Options = { readonly to?: string };

/** `relay list` (`commands.md` §8.5). */
export const command: CommandDefinition<Options> = {
  configure: (leaf) => leaf.option('--to <NODE>', 'the node; the default one unless given'),
  run: (context, { to }) =>
    withHome(context, async (home) => {
      const { output } = context;
      const node = await nodeToUse(context, home, to);
      const relays = await callNode<readonly RelayStatus[]>(home, node, '/relay/list');
      output.result({
        plain: listOf(
          output,
          `Relays on Node ${node.name}`,
          relays.map((relay) => relayLines(relay, output.resultStyle)),
          `No Relays found on node ${node.name}`,
        ),
        json: relays,
      });
    }),
};
