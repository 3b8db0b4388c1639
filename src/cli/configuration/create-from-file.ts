/**
 * `node create` with a configuration: file and flags merged · everything checked · enrolled · node made and started · what is
 * on it made, in order (`commands.md` §8.10). What fails after the node was made takes it away again.
 */
import { traced } from '../../kernel/index.ts';
import type { Home, LaunchConfiguration } from '../../node/home/index.ts';
import { randomName, requireNodeName } from '../../node/names/index.ts';
import { deleteNode } from '../../node/nodes/index.ts';
import { systemRandom } from '../../node/system/index.ts';
import type { CommandContext } from '../command.ts';
import { CliError } from '../errors.ts';
import { newNode, refuseRunning } from '../nodes/new-node.ts';
import { prepareAll, runAll } from './execute.ts';
import { readDocument } from './document.ts';
import { nodeCommands, type NodeSettings, nodeSettings } from './node-file.ts';
import type { Source } from './source.ts';

/** What the command line says beside the file. */
export interface FileOptions {
  /** Undefined: nothing but the flags. */
  readonly source: Source | undefined;
  readonly variables: ReadonlyMap<string, string>;
  /** Win over the file. */
  readonly flags: NodeSettings;
}

/** @throws {CliError} CLI_CONFIGURATION, CLI_FAILED · {NodeError} as `newNode` · what a command of the file throws */
export async function createFromFile(
  given: CommandContext,
  home: Home,
  { source, variables, flags }: FileOptions,
): Promise<void> {
  const { output } = given;
  // The node itself must not see the ticket, which is a secret.
  const { ENROLLMENT_TICKET: _, ...environment } = given.environment;
  const context = { ...given, environment };
  const root = readDocument(source?.text ?? '{}', source?.name ?? 'configuration', {
    given: variables,
    environment: given.environment,
    onShadowed: (name) => output.warn(`Loading variable '${name}' from environment`),
  });
  const settings = { ...nodeSettings(root), ...withoutGaps(flags) };
  const { ticket, identity, tcpListenerAddress: listenAt, launchConfig, childProcess, ...rest } = settings;
  const name = requireNodeName(
    settings.name ?? randomName(systemRandom, (taken) => home.nodes.find(taken) !== undefined),
  );
  for (const [key, on] of Object.entries({ exit_on_eof: settings.exitOnEof, child_process: childProcess })) {
    if (on === true && settings.foreground !== true) {
      throw new CliError('CLI_CONFIGURATION', `'${key}' needs 'foreground'`);
    }
  }
  const launch = rest.launch ?? (launchConfig === undefined ? undefined : await launchIn(launchConfig));
  const say = rest.say ?? (childProcess === true ? 'nothing' : undefined);
  const commands = await prepareAll(context, nodeCommands(root, name));
  const invitation = ticket === undefined ? undefined : await readInvitation(ticket, context.signal);
  const enroll = await prepareAll(
    context,
    invitation === undefined ? [] : [enrollment(invitation.text, identity, source)],
  );
  refuseRunning(home, name, rest);

  output.endLines();
  await runAll(context, enroll);
  if (enroll.length > 0) output.note();
  let isMade = false;
  const onUp = async (): Promise<void> => {
    isMade = true;
    if (commands.length > 0) output.note();
    await runAll(context, commands);
  };
  try {
    // Whoever is invited somewhere means that project, whichever is the default one.
    const project = rest.project ?? (invitation && home.projects.byId(invitation.project)?.name);
    const make = (): Promise<void> =>
      newNode(context, home, { ...rest, launch, say, project, identity, listenAt, name, onUp });
    // A flag has made the whole command part of its trace already.
    const parent = flags.trace === undefined ? settings.trace : undefined;
    await (parent === undefined ? make() : traced(context.telemetry?.tracing, 'node create', { parent }, make));
  } catch (error) {
    const node = isMade ? home.nodes.find(name) : undefined;
    // In the foreground this process is the node, and it has just come to its end.
    if (node !== undefined) await deleteNode(home, node, () => output.warn(`Node ${name} had to be forced to stop`));
    throw error;
  }
}

async function launchIn(given: string): Promise<LaunchConfiguration> {
  const { launchConfigurationIn } = await import('../commands/node/launch-configuration.ts');
  return launchConfigurationIn(given);
}

/** The ticket itself, which is read once: where it comes from may give it only once. */
async function readInvitation(
  ticket: string,
  signal: AbortSignal,
): Promise<{ readonly text: string; readonly project: string }> {
  const [{ readTicketText }, { formatTicket }] = await Promise.all([
    import('../../node/project/index.ts'),
    import('../../project/enrollment/index.ts'),
  ]);
  const checked = await readTicketText(ticket, signal);
  return { text: formatTicket(checked), project: checked.project.id };
}

function enrollment(
  ticket: string,
  identity: string | undefined,
  source: Source | undefined,
): Parameters<typeof prepareAll>[1][number] {
  const argv = ['project', 'enroll', ...(identity === undefined ? [] : [`--identity=${identity}`]), '--', ticket];
  return { section: 'ticket', argv, at: `${source?.name ?? 'configuration'}:1:1`, options: new Map() };
}

/** A flag that was not given says nothing. */
function withoutGaps(flags: NodeSettings): NodeSettings {
  return Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined));
}
