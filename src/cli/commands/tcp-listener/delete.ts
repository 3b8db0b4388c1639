import type { CommandDefinition } from '../../command.ts';
import { deleteTransport } from '../../nodes/transport-noun.ts';

/** `tcp-listener delete` (`commands.md` §8.9). */
export const command: CommandDefinition = deleteTransport(
  { path: 'tcp-listener', singular: 'TCP listener' },
  ({ socket_addr }) => ({ at: socket_addr }),
  (address, node) => ({
    done: `TCP listener with address ${address} on Node ${node} has been deleted`,
    json: { node },
  }),
);
