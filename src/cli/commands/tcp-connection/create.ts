import type { TransportStatus } from '../../reports/channel-report.ts';
import { hostPort } from '../../arguments/checked-values.ts';
import type { CommandDefinition } from '../../command.ts';
import { defaultTimeoutMs } from '../../options/default-timeout.ts';
import { withHome } from '../../home.ts';
import { callNode, nodeToUse } from '../../nodes/on-node.ts';
import { durationMs } from '../../arguments/values.ts';

/** Ours, milliseconds. */
const TIMEOUT_MS = 10_000;

type Options = { readonly from?: string; readonly to: string; readonly timeout?: number };

/** `tcp-connection create` (`commands.md` §8.9). */
export const command: CommandDefinition<Options> = {
  needsArguments: true,
  configure: (leaf) =>
    leaf
      .option('--from <NODE>', 'the node; the default one unless given')
      .requiredOption('-t, --to <HOST:PORT>', 'where to connect to', hostPort)
      .option('--timeout <DURATION>', 'how long to wait; 10s, or PERIGEE_DEFAULT_TIMEOUT, unless given', durationMs),
  run: (context, { from, to, timeout }) =>
    withHome(context, async (home) => {
      const { output } = context;
      const node = await nodeToUse(context, home, from);
      const timeoutMs = timeout ?? defaultTimeoutMs(context.environment) ?? TIMEOUT_MS;
      const call = { to, timeoutMs };
      using progress = output.spinner(`Connecting to ${to}`);
      const made = await callNode<TransportStatus>(home, node, '/tcp-connection/create', call, timeoutMs + 10_000);
      progress.done();
      const address = `/worker/${made.worker_addr.slice(2)}`;
      output.result({
        plain: `  ${output.resultStyle.success('✔')} A TCP connection was created at the node ${node.name}\n    to the address ${to}`,
        machine: address,
        json: { address, from: node.name, to },
      });
    }),
};
