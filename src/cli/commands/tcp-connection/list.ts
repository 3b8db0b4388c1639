import { transportLine, type TransportStatus } from '../../reports/channel-report.ts';
import type { CommandDefinition } from '../../command.ts';
import { listCommand } from '../../nodes/node-noun.ts';

/** `tcp-connection list` (`commands.md` §8.9). */
export const command: CommandDefinition = listCommand<TransportStatus>({
  path: 'tcp-connection',
  heading: (node) => `TCP Connections on ${node}`,
  empty: (node) => `No TCP Connections found on ${node}`,
  lines: (transport) => [transportLine(transport)],
});
