import { Option } from 'commander';
import { identifierText, routeOrName } from '../../arguments/checked-values.ts';
import type { CommandDefinition } from '../../command.ts';
import { CliError } from '../../errors.ts';
import { withHome } from '../../home.ts';
import { callNode, nodeToUse, routeText } from '../../nodes/on-node.ts';
import type { RelayStatus } from '../../reports/portal-report.ts';
import { type RetryOptions, retryOptions, withRetry } from '../../options/retry.ts';
import { durationMs, serviceName } from '../../arguments/values.ts';
import { InvalidValueError } from '../../arguments/invalid-value.ts';

type Options = RetryOptions & {
  readonly to?: string;
  readonly at?: string;
  readonly authorized?: string;
  readonly relayAddress?: string;
  readonly projectRelay?: true;
  /** False with `--no-connection-wait`. */
  readonly connectionWait: number | boolean;
};

/** `relay create [NAME]` (`commands.md` §8.5). */
export const command: CommandDefinition<Options> = {
  about:
    'Makes a node reachable through another one, to which it keeps a connection of its own. In a project the credential of the\n' +
    'node must allow the address.',
  examples: [
    ['perigee relay create postgres', 'at the default project'],
    ['perigee relay create blue --at /node/hub --to n1', 'at another node'],
  ],
  configure: (leaf) =>
    retryOptions(leaf)
      .argument('[NAME]', 'name of the relay', relayName, 'default')
      .option('--to <NODE>', 'the node that becomes reachable; the default one unless given')
      .option(
        '--at <ROUTE>',
        'where the relay is: a route or the name of a node; the default project unless given',
        routeOrName,
      )
      .option('--authorized <IDENTIFIER>', 'who the other end of the channel to the relay must be', identifierText)
      .option('--relay-address <ADDRESS>', 'address to ask for; the name unless given', serviceName)
      .option('--connection-wait <DURATION>', 'how long to wait for the relay', durationMs, 5_000)
      .option('--no-connection-wait', 'do not wait for the relay')
      .addOption(new Option('--project-relay', 'deprecated, without effect').hideHelp()),
  run: (context, options, [name = 'default']) =>
    withHome(context, async (home) => {
      const { output } = context;
      if (options.projectRelay === true) output.warn('--project-relay is deprecated. This flag has no effect');
      const at = options.at ?? `/project/${home.projects.get(undefined).name}`;
      const route = await routeText(home, at.includes('/') ? at : `/node/${at}`);
      if (options.authorized !== undefined && route.startsWith('/project')) {
        throw new CliError('CLI_FAILED', '--authorized can not be used with project addresses');
      }
      const node = await nodeToUse(context, home, options.to, { create: true });
      const waitMs = typeof options.connectionWait === 'number' ? options.connectionWait : 0;
      const call = {
        name,
        at: route,
        address: options.relayAddress ?? name,
        waitMs,
        ...(options.authorized !== undefined && { authorized: options.authorized }),
      };
      using progress = output.spinner('Waiting for the relay');
      const relay = await withRetry(context, options, () =>
        callNode<RelayStatus>(home, node, '/relay/create', call, 10_000 + waitMs),
      );
      progress.done();
      const { resultStyle: style } = output;
      const here = `/node/${node.name}`;
      if (relay.connection_status === 'Up') {
        const address = `/service/${relay.remote_address}`;
        output.result({
          plain: `  ${style.success('✔')} Now relaying messages from ${style.primary(at + address)} → ${style.primary(`${here}/service/${relay.worker_address}`)}`,
          machine: address,
          json: relay,
        });
        return;
      }
      const lines =
        waitMs === 0
          ? [
              `  ${style.success('✔')} Relay will be created automatically from ${at} → ${here} as soon as a connection can be established.`,
            ]
          : [
              `  ${style.warning('!')} A relay was created at ${here} but failed to connect to ${at}`,
              `    ${relay.last_failure}`,
              `  ${style.info('>')} It will retry to connect automatically`,
            ];
      output.result({ plain: lines.join('\n'), json: relay });
    }),
};

function relayName(text: string): string {
  if (/^[^/\s]{1,128}$/.test(text)) return text;
  throw new InvalidValueError("A name is not empty and has no '/' or blank.");
}
