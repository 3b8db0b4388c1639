import type { CommandDefinition } from '../../command.ts';
import { showTransport } from '../../nodes/transport-noun.ts';

/** `tcp-connection show` (`commands.md` §8.9). */
export const command: CommandDefinition = showTransport(
  { path: 'tcp-connection', singular: 'TCP connection' },
  (found, style) => ({
    plain: [
      `  ${style.success('✔')} TCP Connection:`,
      `    Type: ${found.type}`,
      `    Mode: ${found.mode}`,
      `    Socket address: ${found.socket_addr}`,
      `    Processor address: ${found.processor_address}`,
      `    Flow Control Id: ${found.flow_control_id}`,
    ].join('\n'),
  }),
);
