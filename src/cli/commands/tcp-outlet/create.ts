import { hostPort } from '../../arguments/checked-values.ts';
import type { CommandDefinition } from '../../command.ts';
import { withHome } from '../../home.ts';
import { callNode, nodeToUse } from '../../nodes/on-node.ts';
import { refuseTransports, type TransportOptions, transportOptions } from '../../options/refused-transports.ts';
import { type OutletStatus, outletName } from '../../reports/portal-report.ts';
import { allowed, type AllowOptions, allowOptions } from '../../options/resource-policy.ts';
import { serviceName } from '../../arguments/values.ts';

type Options = TransportOptions &
  AllowOptions & {
    readonly to: string;
    readonly from?: string;
    readonly at?: string;
    readonly tls?: true;
  };

/** `tcp-outlet create` (`commands.md` §8.5). */
export const command: CommandDefinition<Options> = {
  about:
    'Makes a TCP service available to those who may reach the outlet. The service is contacted when somebody connects.',
  examples: [
    ['perigee tcp-outlet create --to 5432', 'a database of this machine'],
    ['perigee tcp-outlet create --to db.internal:5432 --from postgres', 'under a name of its own'],
  ],
  configure: (leaf) =>
    allowOptions(transportOptions(leaf), 'who may use it')
      .requiredOption('--to <HOST:PORT>', 'the TCP service', hostPort)
      .option(
        '--from <ADDRESS>',
        "address of the outlet on the node; 'outlet' or, if that is taken, a random one",
        serviceName,
      )
      .option('--at <NODE>', 'the node; the default one unless given')
      .option('--tls', 'speak TLS to the service'),
  run: async (context, options) => {
    refuseTransports(context.environment, options);
    await withHome(context, async (home) => {
      const { output } = context;
      const { to, from, at, tls } = options;
      const node = await nodeToUse(context, home, at, { create: true });
      const call = { to, tls: tls === true, ...(from !== undefined && { from }), ...allowed(options) };
      const outlet = await callNode<OutletStatus>(home, node, '/tcp-outlet/create', call);
      const { resultStyle: style } = output;
      const route = `/service/${outletName(outlet)}`;
      output.result({
        plain: `  ${style.success('✔')} Created a new TCP Outlet in the Node ${style.primary(node.name)} at ${style.primary(route)} bound to ${style.primary(outlet.to)}`,
        machine: route,
        json: outlet,
      });
    });
  },
};
