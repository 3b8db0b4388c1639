import type { CommandDefinition } from '../../command.ts';
import { callNode } from '../../nodes/on-node.ts';
import { workerCommand } from '../../nodes/worker-noun.ts';

/** `secure-channel-listener delete` (`commands.md` §8.9). */
export const command: CommandDefinition = workerCommand(
  'listener',
  async ({ context: { output }, home, node, name }) => {
    await callNode(home, node, '/secure-channel-listener/delete', { name });
    output.result({
      plain: `  ${output.resultStyle.success('✔')} Deleted secure-channel listener with address '${name}' on node '${node.name}'`,
      machine: `0#${name}`,
    });
  },
);
