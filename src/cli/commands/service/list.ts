import type { ServiceStatus } from '../../reports/channel-report.ts';
import type { CommandDefinition } from '../../command.ts';
import { listCommand } from '../../nodes/node-noun.ts';

/** `service list` (`commands.md` §8.9). */
export const command: CommandDefinition = listCommand<ServiceStatus>({
  path: 'service',
  heading: (node) => `Services on ${node}`,
  empty: (node) => `No services found on ${node}`,
  lines: ({ type, addr }) => [`${type} service at ${addr}`],
  json: (services) => services,
});
