import type { CommandDefinition } from '../../command.ts';
import { CliError } from '../../errors.ts';
import { withHome } from '../../home.ts';
import { callNode, nodeToUse } from '../../on-node.ts';
import type { RelayStatus } from '../../portal-report.ts';

type Options = { readonly at?: string };

/** `relay show NAME` (`commands.md` §8.5). */
export const command: CommandDefinition<Options> = {
  configure: (leaf) =>
    leaf
      .argument('[NAME]', 'name of the relay; may be left out when there is only one')
      .option('--at <NODE>', 'the node; the default one unless given'),
  run: (context, { at }, [name]) =>
    withHome(context, async (home) => {
      const node = await nodeToUse(context, home, at);
      const relays = await callNode<readonly RelayStatus[]>(home, node, '/relay/list');
      const relay = name === undefined && relays.length === 1 ? relays[0] : relays.find((one) => one.name === name);
      if (relay === undefined) {
        throw new CliError(
          'CLI_NOT_FOUND',
          name === undefined ? 'No relay name provided' : `There is no relay with the name '${name}'`,
        );
      }
      const remote = relay.remote_address === null ? null : `/service/${relay.remote_address}`;
      const worker = relay.worker_address === null ? null : `/service/${relay.worker_address}`;
      context.output.result({
        plain: [
          '  Relay:',
          `    Name: ${relay.name}`,
          `    Destination: ${relay.destination_address}`,
          `    Status: ${relay.connection_status}${relay.last_failure === null ? '' : `, ${relay.last_failure}`}`,
          `    Relay Route: ${relay.forwarding_route ?? 'N/A'}`,
          `    Remote Address: ${remote ?? 'N/A'}`,
          `    Worker Address: ${worker ?? 'N/A'}`,
        ].join('\n'),
        machine: relay.name,
        json: {
          connection_status: relay.connection_status,
          destination: relay.destination_address,
          name: relay.name,
          relay_route: relay.forwarding_route,
          remote_address: remote,
          worker_address: worker,
        },
      });
    }),
};
