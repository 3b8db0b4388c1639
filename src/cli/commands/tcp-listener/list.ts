import { transportLine, type TransportStatus } from '../../reports/channel-report.ts';
import type { CommandDefinition } from '../../command.ts';
import { listCommand } from '../../nodes/node-noun.ts';

/** `tcp-listener list` (`commands.md` §8.9). */
export const command: CommandDefinition = listCommand<TransportStatus>({
  path: 'tcp-listener',
  heading: (node) => `TCP Listeners on ${node}`,
  empty: (node) => `No TCP Listeners found on ${node}`,
  lines: (transport) => [transportLine(transport)],
});
