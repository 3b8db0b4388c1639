import type { CommandDefinition } from '../../command.ts';
import { showCommand } from '../../nodes/node-noun.ts';
import { inletLines } from '../../reports/portal-report.ts';
import { INLETS } from './noun.ts';

/** `tcp-inlet show [ALIAS]` (`commands.md` §8.5). */
export const command: CommandDefinition = showCommand(INLETS, 'No TCP Inlet alias provided', (inlet, _node, style) => ({
  plain: inletLines(inlet, style)
    .map((line) => `    ${line}`)
    .join('\n'),
  json: inlet,
}));
