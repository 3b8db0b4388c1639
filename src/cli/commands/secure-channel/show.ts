import type { ChannelStatus } from '../../reports/channel-report.ts';
import type { CommandDefinition } from '../../command.ts';
import { withHome } from '../../home.ts';
import { callNode, nodeToUse, serviceName } from '../../nodes/on-node.ts';

type Options = { readonly at?: string };

/** `secure-channel show` (`commands.md` §8.9). */
export const command: CommandDefinition<Options> = {
  needsArguments: true,
  configure: (leaf) =>
    leaf
      .argument('<ADDRESS>', 'address of the channel', serviceName)
      .option('--at <NODE>', 'the node; the default one unless given'),
  run: (context, { at }, [given = '']) =>
    withHome(context, async (home) => {
      const name = serviceName(given);
      const node = await nodeToUse(context, home, at);
      const channels = await callNode<readonly ChannelStatus[]>(home, node, '/secure-channel/list');
      const found = channels.find(({ address }) => address === `/service/${name}`);
      const authorized = found?.authorized_identifiers ?? null;
      context.output.result({
        plain:
          found === undefined
            ? '  Channel not found'
            : [
                '  Secure Channel:',
                `  •         At: ${found.address}`,
                `  •         To: ${found.route}`,
                `  • Authorized: ${authorized?.join(', ') ?? 'none'}`,
              ].join('\n'),
        json: {
          authorized_identifiers: authorized,
          channel: found?.channel ?? null,
          flow_control_id: found?.flow_control_id ?? null,
          route: found?.route ?? null,
        },
      });
    }),
};
