import type { TransportStatus } from '../../reports/channel-report.ts';
import { hostPort } from '../../arguments/checked-values.ts';
import type { CommandDefinition } from '../../command.ts';
import { withHome } from '../../home.ts';
import { callNode, nodeToUse } from '../../nodes/on-node.ts';

type Options = { readonly at?: string };

/** `tcp-listener create` (`commands.md` §8.9). */
export const command: CommandDefinition<Options> = {
  configure: (leaf) =>
    leaf
      .argument('<HOST:PORT>', 'where to listen', hostPort)
      .option('--at <NODE>', 'the node; the default one unless given'),
  run: (context, { at }, [place]) =>
    withHome(context, async (home) => {
      const { output } = context;
      const node = await nodeToUse(context, home, at);
      const made = await callNode<TransportStatus>(home, node, '/tcp-listener/create', { at: place });
      const port = made.socket_addr.slice(made.socket_addr.lastIndexOf(':') + 1);
      output.result({
        plain: `  ${output.resultStyle.success('✔')} Tcp listener created! You can send messages to it via this route:\n    /dnsaddr/localhost/tcp/${port}`,
      });
    }),
};
