import type { CommandDefinition } from '../../command.ts';
import { showCommand } from '../../nodes/node-noun.ts';
import { outletName } from '../../reports/portal-report.ts';
import { OUTLETS } from './noun.ts';

/** `tcp-outlet show [ALIAS]` (`commands.md` §8.5). */
export const command: CommandDefinition = showCommand(OUTLETS, 'No TCP Outlet alias provided', (outlet, node) => {
  const worker = `/service/${outletName(outlet)}`;
  return {
    plain: `  Outlet\n    On Node: ${node.name}\n    From address: ${worker}\n    To TCP server: ${outlet.to}`,
    json: { node_name: node.name, to: outlet.to, worker_address: worker },
  };
});
