import { hasCode } from '../../../kernel/errors/index.ts';
import { hostPort, identifierText, routeOrName } from '../../arguments/checked-values.ts';
import type { CommandContext, CommandDefinition } from '../../command.ts';
import { CliError } from '../../errors.ts';
import { withHome } from '../../home.ts';
import { inletRoute } from '../../options/inlet-route.ts';
import { callNode, nodeToUse } from '../../nodes/on-node.ts';
import type { InletStatus } from '../../reports/portal-report.ts';
import {
  type InletTransportOptions,
  inletTransportOptions,
  refuseInletTransports,
} from '../../options/refused-transports.ts';
import { allowed, type AllowOptions, allowOptions } from '../../options/resource-policy.ts';
import { durationMs } from '../../arguments/values.ts';
import { InvalidValueError } from '../../arguments/invalid-value.ts';

type Options = InletTransportOptions &
  AllowOptions & {
    readonly at?: string;
    readonly from: string;
    readonly to?: string;
    readonly via?: string;
    readonly identity?: string;
    readonly authorized?: string;
    readonly alias?: string;
    /** False with `--no-connection-wait`. */
    readonly connectionWait: number | boolean;
    readonly retryWait: number;
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
    allowOptions(inletTransportOptions(leaf), 'who the outlet must be')
      .option('--at <NODE>', 'the node; the default one unless given')
      .option('--from <HOST:PORT>', 'where applications connect to', hostPort, '127.0.0.1:0')
      .option('--to <ROUTE>', "route to the outlet, or its name behind the relay; 'outlet' unless given", routeOrName)
      .option('--via <RELAY>', "relay of the default project by which the outlet is reached; 'default' unless given")
      .option('--identity <NAME>', 'identity that opens the channel; the one of the node unless given')
      .option('--authorized <IDENTIFIER>', 'who the other end of the channel must be', identifierText)
      .option('--alias <NAME>', 'name of the inlet; random unless given', alias)
      .option('--connection-wait <DURATION>', 'how long to wait for the outlet', durationMs, 5_000)
      .option('--no-connection-wait', 'do not wait for the outlet')
      .option(
        '--retry-wait <DURATION>',
        'how long to wait before a node that did not answer is asked again; 0 gives up',
        durationMs,
        20_000,
      )
      .option('--timeout <DURATION>', 'how long the node may take to answer', durationMs, 10_000),
  run: async (context, options) => {
    refuseInletTransports(context.environment, options);
    await withHome(context, async (home) => {
      const [{ randomName }, { systemRandom }] = await Promise.all([
        import('../../../node/names/index.ts'),
        import('../../../node/system/index.ts'),
      ]);
      const { output } = context;
      // Looked at before a node is made for it.
      const to = await inletRoute(home, options.to, options.via);
      if (options.authorized !== undefined && to.startsWith('/project')) {
        throw new CliError('CLI_FAILED', '--authorized can not be used with project addresses');
      }
      const node = await nodeToUse(context, home, options.at, { create: true });
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
        ...allowed(options),
      };
      using progress = output.spinner('Waiting for the outlet');
      const inlet = await answered(context, options.retryWait, () =>
        callNode<InletStatus>(home, home.nodes.get(node.name), '/tcp-inlet/create', call, options.timeout + waitMs),
      ).catch((error: unknown) => {
        context.signal.throwIfAborted();
        return explain(error, from);
      });
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

/**
 * Asks the node until it answers, which it cannot while it is overloaded. A node that ended is not waited for, and what it
 * answers is not asked again; the name of the inlet stays the same, so that no answer that is late makes two of it.
 * @param retryWaitMs 0 asks once.
 */
async function answered<T>({ output, signal }: CommandContext, retryWaitMs: number, ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (cause) {
      signal.throwIfAborted();
      if (!hasCode(cause, 'NODE_CONTROL')) throw cause;
      if (retryWaitMs === 0) throw new CliError('CLI_FAILED', 'Failed to create TCP inlet', { cause });
      output.warn(`The node did not answer: ${cause.message}`);
      output.note(`Will retry in ${Math.ceil(retryWaitMs / 1000)} seconds`);
      await process.getBuiltinModule('node:timers/promises').setTimeout(retryWaitMs, undefined, { signal });
    }
  }
}

function alias(text: string): string {
  if (/^[^/:\s]{1,128}$/.test(text)) return text;
  throw new InvalidValueError("an alias must not contain ':' characters, nor '/' or blanks, and is not empty.");
}

function explain(error: unknown, from: string): never {
  if (error instanceof CliError) throw error;
  if (hasCode(error, 'PORTAL_LISTEN_FAILED') && error.message.includes('EADDRINUSE')) {
    const port = from.slice(from.lastIndexOf(':') + 1);
    throw new CliError('CLI_FAILED', `Another process is already listening on port ${port}!`, { cause: error });
  }
  throw new CliError('CLI_FAILED', 'Bad request when creating an inlet', { cause: error });
}
