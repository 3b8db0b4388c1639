/** Runs commands that a file asks for, through the program's own index and parser. */
import type { CommandContext } from '../command.ts';
import { ENTRIES } from '../commands/index.ts';
import { CliError, EXIT } from '../errors.ts';
import { prepareCommand, type PreparedCommand } from '../prepare-command.ts';
import { findCommand, type Target } from '../arguments/tree.ts';
import { configurationError } from './document.ts';
import type { ConfiguredCommand } from './sections.ts';

/** Parses all of them, so that a file with a fault changes nothing. @throws {CliError} CLI_CONFIGURATION */
export async function prepareAll(
  context: CommandContext,
  commands: readonly ConfiguredCommand[],
): Promise<PreparedCommand[]> {
  const prepared: PreparedCommand[] = [];
  for (const command of commands) prepared.push(await prepare(context, command));
  return prepared;
}

async function prepare(context: CommandContext, command: ConfiguredCommand): Promise<PreparedCommand> {
  const target = await targetOf(command);
  try {
    return await prepareCommand(target, context);
  } catch (error) {
    if (!(error instanceof CliError && error.code === 'CLI_USAGE')) throw error;
    const [what = ''] = error.message.split('\n\n', 1);
    const [, , tip] = /^([\s\S]*?)\n\n {2}tip: (.*)/.exec(error.message) ?? [];
    // The complaint names an option in its long form, or as it was written when there is none of that name.
    const blamed = /'(?:-\w, )?-{1,2}([\w-]+)/.exec(what)?.[1] ?? '';
    const place = command.options.get(blamed) ?? command.at;
    throw new CliError('CLI_CONFIGURATION', `${command.section}: ${what}`, {
      place,
      ...(tip !== undefined && { remedy: tip }),
    });
  }
}

/** A section without its command is no section to leave out: the node would be less than what the file says. */
async function targetOf({ argv, section, at }: ConfiguredCommand): Promise<Extract<Target, { kind: 'command' }>> {
  try {
    const target = await findCommand(ENTRIES, argv);
    if (target.kind === 'command') return target;
  } catch (cause) {
    throw unavailable(section, argv, at, cause);
  }
  throw unavailable(section, argv, at, undefined);
}

function unavailable(section: string, argv: readonly string[], at: string, cause: unknown): CliError {
  const words = argv.slice(0, 2).join(' ');
  return configurationError(`'${section}' needs the command '${words}', which is not part of this program`, at, cause);
}

/** Runs them one after the other, with a blank line between. @throws what the first one that fails throws */
export async function runAll(context: CommandContext, commands: readonly PreparedCommand[]): Promise<void> {
  for (const [i, command] of commands.entries()) {
    context.signal.throwIfAborted();
    if (i > 0) context.output.note();
    const code = await command.run(context);
    if (code !== EXIT.ok) throw new CliError('CLI_FAILED', `a command of the file ended with ${code}`);
  }
}
