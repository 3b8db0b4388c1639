import type { CommandDefinition } from '../../command.ts';
import { withHome } from '../../home.ts';
import { callNode, nodeToUse } from '../../nodes/on-node.ts';
import { identifierText } from '../../arguments/checked-values.ts';
import { RepeatableOption } from '../../arguments/repeatable-option.ts';
import { serviceName } from '../../arguments/values.ts';

type Options = { readonly at?: string; readonly authorized?: readonly string[]; readonly identity?: string };

/** `secure-channel-listener create` (`commands.md` §8.9). */
export const command: CommandDefinition<Options> = {
  needsArguments: true,
  configure: (leaf) =>
    leaf
      .argument('<ADDRESS>', 'address of the listener', serviceName)
      .option('--at <NODE>', 'the node; the default one unless given')
      .addOption(
        new RepeatableOption(
          '-a, --authorized <IDENTIFIER>',
          'who may open channels; everybody unless given',
          identifierText,
        ),
      )
      .option('--identity <NAME>', "who answers; the node's identity unless given"),
  run: (context, { at, authorized, identity }, [given = '']) =>
    withHome(context, async (home) => {
      const name = serviceName(given);
      const { output } = context;
      const node = await nodeToUse(context, home, at);
      const { address } = await callNode<{ readonly address: string }>(home, node, '/secure-channel-listener/create', {
        name,
        ...(authorized !== undefined && { authorized }),
        ...(identity !== undefined && { identity }),
      });
      output.result({
        plain: `  ${output.resultStyle.success('✔')} Secure Channel Listener at ${address} created successfully\n    At node /node/${node.name}`,
        machine: address,
        json: [{ address }],
      });
    }),
};
