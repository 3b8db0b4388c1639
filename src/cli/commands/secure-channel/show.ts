import type { CommandDefinition } from '../../command.ts';
import { itemsOf } from '../../nodes/node-noun.ts';
import { workerCommand } from '../../nodes/worker-noun.ts';
import type { ChannelStatus } from '../../reports/channel-report.ts';

/** `secure-channel show` (`commands.md` §8.9). */
export const command: CommandDefinition = workerCommand('channel', async ({ context, home, node, name }) => {
  const channels = await itemsOf<ChannelStatus>(home, node, 'secure-channel');
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
});
