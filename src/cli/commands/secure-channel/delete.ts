import type { CommandDefinition } from '../../command.ts';
import { withHome } from '../../home.ts';
import { confirmed } from '../../questions/confirm.ts';
import { callNode, nodeToUse, serviceName } from '../../nodes/on-node.ts';

type Options = { readonly at?: string; readonly yes?: true };

/** `secure-channel delete` (`commands.md` §8.9). */
export const command: CommandDefinition<Options> = {
  needsArguments: true,
  configure: (leaf) =>
    leaf
      .argument('<ADDRESS>', 'address of the channel', serviceName)
      .option('--at <NODE>', 'the node; the default one unless given')
      .option('-y, --yes', 'do not ask'),
  run: (context, { at, yes }, [given = '']) =>
    withHome(context, async (home) => {
      const name = serviceName(given);
      const { output } = context;
      const node = await nodeToUse(context, home, at);
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
    }),
};
