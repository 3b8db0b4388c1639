import type { ChannelStatus } from '../../reports/channel-report.ts';
import type { CommandDefinition } from '../../command.ts';
import { listCommand } from '../../nodes/node-noun.ts';

/** `secure-channel list` (`commands.md` §8.9). */
export const command: CommandDefinition = listCommand<ChannelStatus>({
  path: 'secure-channel',
  needsArguments: true,
  heading: (node) => `Secure Channels on ${node}`,
  empty: (node) => `No secure channels found on ${node}`,
  lines: ({ address, to }, _style, node) => [`From ${node} to ${to}`, `At ${address}`],
});
