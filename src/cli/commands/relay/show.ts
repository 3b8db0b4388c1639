import type { CommandDefinition } from '../../command.ts';
import { showCommand } from '../../nodes/node-noun.ts';
import { RELAYS } from './noun.ts';

/** `relay show [NAME]` (`commands.md` §8.5). */
export const command: CommandDefinition = showCommand(RELAYS, 'No relay name provided', (relay) => {
  const remote = relay.remote_address === null ? null : `/service/${relay.remote_address}`;
  const worker = relay.worker_address === null ? null : `/service/${relay.worker_address}`;
  return {
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
  };
});
