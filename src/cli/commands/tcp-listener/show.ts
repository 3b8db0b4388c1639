import { transportLine } from '../../reports/channel-report.ts';
import type { CommandDefinition } from '../../command.ts';
import { showTransport } from '../../nodes/transport-noun.ts';

/** `tcp-listener show` (`commands.md` §8.9). */
export const command: CommandDefinition = showTransport(
  { path: 'tcp-listener', singular: 'TCP listener' },
  (found) => ({
    plain: `  ${transportLine(found)}`,
    json: found,
  }),
);
