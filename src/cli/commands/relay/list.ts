import type { CommandDefinition } from '../../command.ts';
import { listCommand } from '../../nodes/node-noun.ts';
import { relayLines, type RelayStatus } from '../../reports/portal-report.ts';

/** `relay list` (`commands.md` §8.5). */
export const command: CommandDefinition = listCommand<RelayStatus>({
  path: 'relay',
  flag: 'to',
  heading: (node) => `Relays on Node ${node}`,
  empty: (node) => `No Relays found on node ${node}`,
  lines: relayLines,
  json: (relays) => relays,
});
