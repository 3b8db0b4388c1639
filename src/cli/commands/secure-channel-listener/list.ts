import { type ChannelListenerStatus, listenerName } from '../../reports/channel-report.ts';
import type { CommandDefinition } from '../../command.ts';
import { listCommand } from '../../nodes/node-noun.ts';

/** `secure-channel-listener list` (`commands.md` §8.9). */
export const command: CommandDefinition = listCommand<ChannelListenerStatus>({
  path: 'secure-channel-listener',
  needsArguments: true,
  heading: (node) => `Secure Channel Listeners at ${node}`,
  empty: (node) => `No secure channel listeners found at node ${node}.`,
  lines: (listener) => [`Listener at /service/${listenerName(listener)}`],
});
