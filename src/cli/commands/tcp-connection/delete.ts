import type { CommandDefinition } from '../../command.ts';
import { deleteTransport } from '../../nodes/transport-noun.ts';

/** `tcp-connection delete` (`commands.md` §8.9). */
export const command: CommandDefinition = deleteTransport(
  { path: 'tcp-connection', singular: 'TCP connection', needsArguments: true },
  ({ worker_addr }) => ({ address: worker_addr.slice('0#'.length) }),
  (address) => ({ done: `TCP connection ${address} has been successfully deleted`, json: { address } }),
);
