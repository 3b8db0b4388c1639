import { InvalidArgumentError } from 'commander';
import { hasCode } from '../../../kernel/index.ts';
import { randomName } from '../../../node/home/index.ts';
import { systemRandom } from '../../../node/system/index.ts';
import { hostPort, policyText } from '../../arguments/checked-values.ts';
import type { CommandDefinition } from '../../command.ts';
import { CliError } from '../../errors.ts';
import { withHome } from '../../home.ts';
import { inletRoute } from '../../options/inlet-route.ts';
import { callNode, nodeToUse } from '../../nodes/on-node.ts';
import type { InletStatus } from '../../reports/portal-report.ts';
import { refuseTransports, type TransportOptions, transportOptions } from '../../options/refused-transports.ts';
import { withPolicy } from '../../options/resource-policy.ts';
import { durationMs } from '../../arguments/values.ts';

type Options = TransportOptions & {
  readonly at?: string;
  readonly from: string;
  readonly to?: string;
  readonly via?: string;
  readonly identity?: string;
  readonly authorized?: string;
  readonly alias?: string;
  readonly allow?: string;
  /** False with `--no-connection-wait`. */
  readonly connectionWait: number | boolean;
  readonly timeout: number;
};

/** `tcp-inlet create` (`commands.md` §8.5). */
export const command: CommandDefinition<Options> = {
  about:
    'Opens a port of this machine that leads to an outlet at another node, through a secure channel. An outlet that cannot be\n' +
    'reached now is tried again until it can.',
  examples: [
    [
      'perigee tcp-inlet create --from 15432 --via postgres',
      'to the outlet behind the relay postgres of the default project',
    ],
    ['perigee tcp-inlet create --from 15432 --to /node/n2/secure/api/service/outlet', 'by a route of its own'],
  ],
  configure: (leaf) =>
    transportOptions(leaf)
      .option('--at <NODE>', 'the node; the default one unless given')
      .option('--from <HOST:PORT>', 'where applications connect to', hostPort, '127.0.0.1:0')
      .option('--to <ROUTE>', "route to the outlet, or its name behind the relay; 'outlet' unless given")
      .option('--via <RELAY>', "relay of the default project by which the outlet is reached; 'default' unless given")
      .option('--identity <NAME>', 'identity that opens the channel; the one of the node unless given')
      .option('--authorized <IDENTIFIER>', 'who the other end of the channel must be')
      .option('--alias <NAME>', 'name of the inlet; random unless given', alias)
      .option('--allow <EXPRESSION>', 'who the outlet must be', policyText)
      .option('--connection-wait <DURATION>', 'how long to wait for the outlet', durationMs, 5_000)
      .option('--no-connection-wait', 'do not wait for the outlet')
      .option('--timeout <DURATION>', 'how long the node may take to answer', durationMs, 10_000),
  run: async (context, options) => {
    refuseTransports(context.environment, options);
    await withHome(context, async (home) => {
      const { output } = context;
      const node = await nodeToUse(context, home, options.at, { create: true });
      const to = inletRoute(home, options.to, options.via);
      if (options.authorized !== undefined && to.startsWith('/project')) {
        throw new CliError('CLI_FAILED', '--authorized can not be used with project addresses');
      }
      const { from, identity, authorized } = options;
      const name = options.alias ?? randomName(systemRandom, () => false);
      const waitMs = typeof options.connectionWait === 'number' ? options.connectionWait : 0;
      const call = {
        alias: name,
        from,
        to,
        waitMs,
        ...(identity !== undefined && { identity }),
        ...(authorized !== undefined && { authorized }),
      };
      using progress = output.spinner('Waiting for the outlet');
      const inlet = await withPolicy(home, { node: node.name, resource: name, allow: options.allow }, () =>
        callNode<InletStatus>(home, node, '/tcp-inlet/create', call, options.timeout + waitMs).catch((error: unknown) =>
          explain(error, from),
        ),
      );
      progress.done();
      const { resultStyle: style } = output;
      const at = `in the Node ${style.primary(node.name)} bound to ${style.primary(inlet.bind_addr)}`;
      const where = `the TCP Outlet at ${style.primary(to)}`;
      const created = `  ${style.success('✔')} Created a new TCP Inlet ${at}`;
      const lines =
        inlet.status === 'Up'
          ? [created, `    sending traffic to ${where}`]
          : waitMs === 0
            ? [created, `    It will automatically connect to ${where} as soon as it is available`]
            : [
                `  ${style.warning('!')} A TCP Inlet was created ${at} but failed to connect to ${where}`,
                `  ${style.info('>')} It will retry to connect automatically`,
                ...(inlet.payload === null ? [] : [`  ${style.info('>')} ${inlet.payload}`]),
              ];
      output.result({ plain: lines.join('\n'), machine: inlet.bind_addr, json: inlet });
    });
  },
};

function alias(text: string): string {
  if (/^[^/:\s]{1,128}$/.test(text)) return text;
  throw new InvalidArgumentError("An alias is not empty and has no ':', '/' or blank.");
}

function explain(error: unknown, from: string): never {
  if (hasCode(error, 'PORTAL_LISTEN_FAILED') && error.message.includes('EADDRINUSE')) {
    const port = from.slice(from.lastIndexOf(':') + 1);
    throw new CliError('CLI_FAILED', `Another process is already listening on port ${port}!`, { cause: error });
  }
  throw new CliError('CLI_FAILED', 'Bad request when creating an inlet', { cause: error });
}
