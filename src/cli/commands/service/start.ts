import type { CommandDefinition } from '../../command.ts';
import { withHome } from '../../home.ts';
import { callNode, nodeToUse } from '../../nodes/on-node.ts';
import { InvalidValueError } from '../../arguments/invalid-value.ts';
import { serviceName } from '../../arguments/values.ts';

type Options = { readonly at?: string; readonly addr: string };

/** `service start hop` (`commands.md` §8.9). */
export const command: CommandDefinition<Options> = {
  configure: (leaf) =>
    leaf
      .argument('<SERVICE>', "what to start: 'hop'", hopOnly)
      .option('--addr <ADDRESS>', 'its address', serviceName, 'hop')
      .option('--at <NODE>', 'the node; the default one unless given'),
  run: (context, { at, addr }) =>
    withHome(context, async (home) => {
      const { output } = context;
      const node = await nodeToUse(context, home, at);
      output.warn("SECURITY WARNING: Don't use Hop service in production nodes");
      await callNode(home, node, '/service/start-hop', { name: addr });
      output.ok(`Service started at address ${addr}`);
    }),
};

function hopOnly(text: string): string {
  if (text === 'hop') return text;
  throw new InvalidValueError("The only service to start is 'hop'.");
}
