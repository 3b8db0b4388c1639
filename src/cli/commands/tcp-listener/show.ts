import { transportAt, transportLine, type TransportStatus } from '../../channel-report.ts';
import type { CommandDefinition } from '../../command.ts';
import { withHome } from '../../home.ts';
import { CliError } from '../../errors.ts';
import { callNode, nodeToUse } from '../../on-node.ts';

type Options = { readonly at?: string };

/** `tcp-listener show` (`commands.md` §8.9). */
export const command: CommandDefinition<Options> = {
  configure: (leaf) =>
    leaf
      .argument('<ADDRESS>', 'address of the TCP listener')
      .option('--at <NODE>', 'the node; the default one unless given'),
  run: (context, { at }, [address = '']) =>
    withHome(context, async (home) => {
      const { output } = context;
      const node = await nodeToUse(context, home, at);
      const found = transportAt(await callNode<readonly TransportStatus[]>(home, node, '/tcp-listener/list'), address);
      if (found === undefined)
        throw new CliError('CLI_NOT_FOUND', `TCP listener with address ${address} was not found on Node ${node.name}`);
      output.result({
        plain: [`  ${transportLine(found)}`].join('\n'),
        json: found,
      });
    }),
};
