/** From the words of a command line to something that can be run; also for commands that a file asks for. */
import type { CommandContext, CommandDefinition } from './command.ts';
import { EXIT } from './errors.ts';
import type { Parsed } from './leaf.ts';
import type { Target } from './tree.ts';

/** What is known before a command runs. */
export type Preparation = Omit<CommandContext, 'signal'>;

/** A command whose arguments were parsed and are right. */
export interface PreparedCommand {
  /** Help was printed instead. */
  readonly isHelp: boolean;
  /** Runs it; resolves to the exit code. */
  readonly run: (context: CommandContext) => Promise<number>;
}

/** Loads a command and parses its arguments. @throws {CliError} CLI_USAGE */
export async function prepareCommand(
  target: Extract<Target, { kind: 'command' }>,
  preparation: Preparation,
): Promise<PreparedCommand> {
  const definition = await target.entry.load();
  const parsed = await parseArguments(definition, target, preparation);
  return {
    isHelp: parsed.help,
    run: async (context) =>
      parsed.help ? EXIT.ok : ((await definition.run(context, parsed.options, parsed.args)) ?? EXIT.ok),
  };
}

/** The parser is loaded when there is something to parse. */
async function parseArguments(
  definition: CommandDefinition,
  { entry, path, argv }: Extract<Target, { kind: 'command' }>,
  { program, output }: Preparation,
): Promise<Parsed> {
  if (definition.configure === undefined && argv.length === 0) return { help: false, options: {}, args: [] };
  const { parseLeaf } = await import('./leaf.ts');
  return parseLeaf(definition, {
    name: [program, ...path].join(' '),
    summary: entry.summary,
    argv,
    style: output.resultStyle,
    print: (text) => output.raw(text),
  });
}
