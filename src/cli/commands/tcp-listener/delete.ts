import { transportAt, type TransportStatus } from '../../channel-report.ts';
import type { CommandDefinition } from '../../command.ts';
import { withHome } from '../../home.ts';
import { confirmed } from '../../confirm.ts';
import { CliError } from '../../errors.ts';
import { callNode, nodeToUse } from '../../on-node.ts';

type Options = { readonly at?: string; readonly yes?: true };

/** `tcp-listener delete` (`commands.md` §8.9). */
export const command: CommandDefinition<Options> = {
  configure: (leaf) =>
    leaf
      .argument('<ADDRESS>', 'address of the TCP listener')
      .option('--at <NODE>', 'the node; the default one unless given')
      .option('-y, --yes', 'do not ask'),
  run: (context, { at, yes }, [address = '']) =>
    withHome(context, async (home) => {
      const { output } = context;
      const node = await nodeToUse(context, home, at);
      const found = transportAt(await callNode<readonly TransportStatus[]>(home, node, '/tcp-listener/list'), address);
      if (found === undefined)
        throw new CliError('CLI_NOT_FOUND', `TCP listener with address ${address} was not found on Node ${node.name}`);
      if (!(await confirmed(context, yes, 'Are you sure you want to delete this TCP listener?'))) return;
      await callNode(home, node, '/tcp-listener/delete', { at: found.socket_addr });
      output.result({
        plain: `  ${output.resultStyle.success('✔')} TCP listener with address ${address} on Node ${node.name} has been deleted`,
        json: { node: node.name },
      });
    }),
};
