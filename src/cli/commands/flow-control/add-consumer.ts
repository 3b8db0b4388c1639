import type { CommandDefinition } from '../../command.ts';
import { withHome } from '../../home.ts';
import { callNode, nodeToUse } from '../../nodes/on-node.ts';
import { serviceName } from '../../arguments/values.ts';

type Options = { readonly at?: string };

/** `flow-control add-consumer` (`commands.md` §8.9). */
export const command: CommandDefinition<Options> = {
  needsArguments: true,
  configure: (leaf) =>
    leaf
      .argument('<FLOW_CONTROL_ID>', 'by which messages come in: 32 hexadecimal digits')
      .argument('<ADDRESS>', 'the worker that they may reach', serviceName)
      .option('--at <NODE>', 'the node; the default one unless given'),
  run: (context, { at }, [id, given = '']) =>
    withHome(context, async (home) => {
      const name = serviceName(given);
      const node = await nodeToUse(context, home, at);
      await callNode(home, node, '/flow-control/add-consumer', { id, name });
    }),
};
