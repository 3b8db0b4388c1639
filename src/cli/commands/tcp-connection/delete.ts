import { transportAt, type TransportStatus } from '../../channel-report.ts';
import type { CommandDefinition } from '../../command.ts';
import { withHome } from '../../home.ts';
import { confirmed } from '../../confirm.ts';
import { CliError } from '../../errors.ts';
import { callNode, nodeToUse } from '../../on-node.ts';

type Options = { readonly at?: string; readonly yes?: true };

/** `tcp-connection delete` (`commands.md` §8.9). */
export const command: CommandDefinition<Options> = {
  configure: (leaf) =>
    leaf
      .argument('<ADDRESS>', 'address of the TCP connection')
      .option('--at <NODE>', 'the node; the default one unless given')
      .option('-y, --yes', 'do not ask'),
  run: (context, { at, yes }, [address = '']) =>
    withHome(context, async (home) => {
      const { output } = context;
      const node = await nodeToUse(context, home, at);
      const found = transportAt(
        await callNode<readonly TransportStatus[]>(home, node, '/tcp-connection/list'),
        address,
      );
      if (found === undefined)
        throw new CliError(
          'CLI_NOT_FOUND',
          `TCP connection with address ${address} was not found on Node ${node.name}`,
        );
      if (!(await confirmed(context, yes, 'Are you sure you want to delete this TCP connection?'))) return;
      await callNode(home, node, '/tcp-connection/delete', { address: found.worker_addr.slice(2) });
      output.result({
        plain: `  ${output.resultStyle.success('✔')} TCP connection ${address} has been successfully deleted`,
        json: { address },
      });
    }),
};
