import type { CommandDefinition } from '../../command.ts';
import { listCommand } from '../../nodes/node-noun.ts';
import { inletLines, type InletStatus } from '../../reports/portal-report.ts';

/** `tcp-inlet list` (`commands.md` §8.5). */
export const command: CommandDefinition = listCommand<InletStatus>({
  path: 'tcp-inlet',
  heading: (node) => `Inlets on Node ${node}`,
  empty: (node) => `No TCP Inlets found on ${node}`,
  lines: inletLines,
  json: (inlets) => inlets,
});
