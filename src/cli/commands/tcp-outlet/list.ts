import type { CommandDefinition } from '../../command.ts';
import { listCommand } from '../../nodes/node-noun.ts';
import { outletName, type OutletStatus } from '../../reports/portal-report.ts';

/** `tcp-outlet list` (`commands.md` §8.5). */
export const command: CommandDefinition = listCommand<OutletStatus>({
  path: 'tcp-outlet',
  heading: (node) => `Outlets on Node ${node}`,
  empty: (node) => `No TCP Outlets found on node ${node}`,
  lines: (outlet, style) => [
    `Outlet at ${style.primary(`/service/${outletName(outlet)}`)} is connected to ${style.primary(outlet.to)}`,
  ],
  json: (outlets) => outlets.map((outlet) => ({ from: `/service/${outletName(outlet)}`, to: outlet.to })),
});
