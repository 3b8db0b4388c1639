import type { Home, LaunchConfiguration, StatedAuthority } from '../../../node/home/index.ts';
import { hostPort } from '../../arguments/checked-values.ts';
import type { CommandContext, CommandDefinition } from '../../command.ts';
import { Option } from 'commander';
import { CliError, usageError } from '../../errors.ts';
import { withHome } from '../../home.ts';
import { silenced } from '../../nodes/foreground.ts';
import { traceparentIn } from '../../options/trace-context.ts';
import { statedAuthority, type TrustOptions, trustOptions } from '../../options/trust-options.ts';
import { RepeatableOption } from '../../arguments/repeatable-option.ts';
import { keyValue, port } from '../../arguments/values.ts';

type Options = TrustOptions & {
  readonly childProcess?: true;
  readonly launchConfiguration?: string;
  readonly launchConfig?: string;
  /** A `traceparent`. */
  readonly opentelemetryContext?: string;
  readonly udp?: true;
  readonly enableUdp?: true;
  readonly tcpListenerAddress?: string;
  readonly httpServer?: true;
  readonly enableHttpServer?: true;
  readonly httpServerPort?: number;
  readonly identity?: string;
  readonly foreground?: true;
  readonly exitOnEof?: true;
  readonly skipIsRunningCheck?: true;
  readonly configuration?: string;
  readonly nodeConfig?: string;
  readonly enrollmentTicket?: string;
  readonly variable?: readonly string[];
};

/** `node create [NAME|CONFIGURATION]` (`commands.md` §8.3, §8.10, §8.11). */
export const command: CommandDefinition<Options> = {
  about:
    'Makes a node and starts it in the background. Portals, relays and channels are made on nodes. It presents the credential\n' +
    'of the project, when there is one, and asks others for theirs. A configuration file says all of it at once.',
  examples: [
    ['perigee node create n1', 'on a free port of this machine'],
    ['perigee node create n1 --tcp-listener-address 0.0.0.0:4000', 'for connections from elsewhere'],
    ['perigee node create db.yaml --variable DB_PORT=5432', 'as a file says, with what is on it'],
    ['perigee node create n1 --enrollment-ticket db.ticket', 'as a member of the project of a ticket'],
  ],
  configure: (leaf) =>
    trustOptions(leaf)
      .argument(
        '[NAME_OR_CONFIGURATION]',
        'name of the node, random unless given; or a configuration: a path or an address',
      )
      .option(
        '-t, --tcp-listener-address <ADDRESS:PORT>',
        'where others connect to; the loopback and a free port unless given',
        hostPort,
      )
      .addOption(
        new Option('--http-server', 'serve what the node has over HTTP, on the loopback and a free port').conflicts(
          'httpServerPort',
        ),
      )
      .addOption(new Option('--enable-http-server', 'the same').conflicts('httpServerPort').hideHelp())
      .option('--http-server-port <PORT>', 'the same on this port', port)
      .option('--identity <NAME>', 'identity of the node, made if there is none; the default one unless given')
      .option('--project <NAME>', 'project to belong to; the default one, if any, unless given')
      .addOption(new Option('--configuration <YAML>', 'the configuration itself').conflicts('nodeConfig'))
      .addOption(new Option('--node-config <YAML>', 'the same').hideHelp())
      .option(
        '--enrollment-ticket <TICKET>',
        'enroll first; text, path or address of a ticket; $ENROLLMENT_TICKET unless given',
      )
      .addOption(new RepeatableOption('--variable <KEY=VALUE>', 'variable of the configuration', keyValue(false)))
      .option('-f, --foreground', 'run in this process')
      .option('-e, --exit-on-eof', 'with --foreground: end at the end of standard input')
      .option('-s, --skip-is-running-check', 'with --foreground: go on although the recorded process exists')
      .addOption(new Option('--child-process', 'with --foreground: print nothing').hideHelp())
      .addOption(
        new Option('--launch-configuration <JSON>', 'what to start instead of the default services; text or path')
          .conflicts('launchConfig')
          .hideHelp(),
      )
      .addOption(new Option('--launch-config <JSON>', 'the same').hideHelp())
      .addOption(
        new Option('--opentelemetry-context <JSON>', 'trace to go on with, in place of that of TRACEPARENT')
          .argParser(traceparentIn)
          .hideHelp(),
      )
      .addOption(new Option('--udp', 'refused: nodes talk over TCP').hideHelp())
      .addOption(new Option('--enable-udp', 'the same').hideHelp()),
  traceOf: ({ opentelemetryContext }) => opentelemetryContext,
  run: async (called, options, [given]) => {
    const context = options.childProcess === true ? silenced(called) : called;
    const variables = variablesOf(options.variable ?? []);
    if ((options.exitOnEof === true || options.childProcess === true) && options.foreground !== true) {
      throw usageError('the following required arguments were not provided:\n  --foreground');
    }
    if (options.udp === true || options.enableUdp === true) {
      throw new CliError('CLI_FAILED', 'UDP is not available: nodes talk over TCP', {
        remedy: 'leave --udp out; a node that can only dial out is reached by a relay: perigee relay create',
      });
    }
    const launch = await launchOf(options);
    await withHome(context, async (home) => {
      const authority = await recordedAuthority(home, options);
      const say = options.childProcess === true ? ('nothing' as const) : undefined;
      const { tcpListenerAddress, identity, project, foreground, exitOnEof, skipIsRunningCheck } = options;
      const httpServerPort = options.httpServerPort ?? (options.httpServer || options.enableHttpServer ? 0 : undefined);
      const same = {
        httpServerPort,
        identity,
        project,
        authority,
        launch,
        foreground,
        exitOnEof,
        skipIsRunningCheck,
        say,
      };
      const configured = await configurationOf(context, options, given);
      if (configured === undefined) {
        const [{ randomName }, { systemRandom }, { newNode }] = await Promise.all([
          import('../../../node/names/index.ts'),
          import('../../../node/system/index.ts'),
          import('../../nodes/new-node.ts'),
        ]);
        const name = given ?? randomName(systemRandom, (taken) => home.nodes.find(taken) !== undefined);
        return newNode(context, home, { ...same, name, listenAt: tcpListenerAddress });
      }
      const { createFromFile } = await import('../../configuration/index.ts');
      const { source, name, ticket } = configured;
      return createFromFile(context, home, {
        source,
        variables,
        flags: { ...same, tcpListenerAddress, name, ticket, trace: options.opentelemetryContext },
      });
    });
  },
};

/** Where the configuration is, or undefined when a plain node is wanted. A name never leads to a file that is not there. */
async function configurationOf(
  { environment, signal }: CommandContext,
  options: Options,
  given: string | undefined,
): Promise<{ source: { text: string; name: string } | undefined; name?: string; ticket?: string } | undefined> {
  const text = options.configuration ?? options.nodeConfig;
  const ticket = options.enrollmentTicket ?? (environment['ENROLLMENT_TICKET'] || undefined);
  if (text !== undefined) {
    return {
      source: { text, name: '--configuration' },
      ...(given !== undefined && { name: given }),
      ...(ticket !== undefined && { ticket }),
    };
  }
  if (given !== undefined) {
    const { sourceAt } = await import('../../configuration/source.ts');
    const source = await sourceAt(given, signal);
    if (source !== undefined) return { source, ...(ticket !== undefined && { ticket }) };
  }
  return ticket === undefined ? undefined : { source: undefined, ticket, ...(given !== undefined && { name: given }) };
}

function variablesOf(pairs: readonly string[]): Map<string, string> {
  const variables = new Map<string, string>();
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    const key = pair.slice(0, at);
    if (variables.has(key)) {
      throw new CliError('CLI_CONFIGURATION', `The variable with key ${key} is duplicated`, {
        remedy: 'Remove the duplicated variable or provide unique keys for each variable',
      });
    }
    variables.set(key, pair.slice(at + 1));
  }
  return variables;
}

async function launchOf({ launchConfiguration, launchConfig }: Options): Promise<LaunchConfiguration | undefined> {
  const given = launchConfiguration ?? launchConfig;
  if (given === undefined) return undefined;
  const { launchConfigurationIn } = await import('./launch-configuration.ts');
  return launchConfigurationIn(given);
}

/** What a node keeps of the authority that was stated. */
async function recordedAuthority(home: Home, options: Options): Promise<StatedAuthority | undefined> {
  const stated = await statedAuthority(home, options);
  if (stated === undefined) return undefined;
  const { identifier: _, ...recorded } = stated;
  return recorded;
}
