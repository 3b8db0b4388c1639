import type { CommandDefinition } from '../../command.ts';
import { withHome } from '../../home.ts';
import { callNode, nodeToUse, serviceName } from '../../nodes/on-node.ts';

type Options = { readonly at?: string };

/** `secure-channel-listener delete` (`commands.md` §8.9). */
export const command: CommandDefinition<Options> = {
  needsArguments: true,
  configure: (leaf) =>
    leaf
      .argument('<ADDRESS>', 'address of the listener', serviceName)
      .option('--at <NODE>', 'the node; the default one unless given'),
  run: (context, { at }, [given = '']) =>
    withHome(context, async (home) => {
      const name = serviceName(given);
      const { output } = context;
      const node = await nodeToUse(context, home, at);
      await callNode(home, node, '/secure-channel-listener/delete', { name });
      output.result({
        plain: `  ${output.resultStyle.success('✔')} Deleted secure-channel listener with address '${name}' on node '${node.name}'`,
        machine: `0#${name}`,
      });
    }),
};
