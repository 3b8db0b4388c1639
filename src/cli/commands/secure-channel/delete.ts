import type { CommandDefinition } from '../../command.ts';
import { callNode } from '../../nodes/on-node.ts';
import { workerCommand } from '../../nodes/worker-noun.ts';
import { confirmed } from '../../questions/confirm.ts';

/** `secure-channel delete` (`commands.md` §8.9). */
export const command: CommandDefinition = workerCommand(
  'channel',
  async ({ context, home, node, name, yes }) => {
    const { output } = context;
    if (!(await confirmed(context, yes, 'Are you sure you want to delete this secure channel?'))) return;
    const address = `/service/${name}`;
    if ((await callNode(home, node, '/secure-channel/delete', { name })) === null) {
      output.result({ plain: `channel with address ${name} not found` });
      return;
    }
    output.result({
      plain: `  ${output.resultStyle.success('✔')} Secure Channel ${address} deleted`,
      machine: address,
      json: [{ address }],
    });
  },
  (leaf) => leaf.option('-y, --yes', 'do not ask'),
);
