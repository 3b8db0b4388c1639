/** From the words of a command line to something that can be run; also for commands that a file asks for. */
import type { CommandContext, CommandDefinition } from './command.ts';
import { rendersMarkdown, showsHidden } from './environment.ts';
import { CliError, EXIT, usageError } from './errors.ts';
import type { Parsed } from './arguments/leaf.ts';
import type { Target } from './arguments/tree.ts';

/** What is known before a command runs. */
export type Preparation = Omit<CommandContext, 'signal'>;

/** Help that is printed instead of running a command. */
export interface HelpInstead {
  readonly text: string;
  /** Whether the user wanted it. */
  readonly asked: boolean;
}

/** A command whose arguments were parsed and are right. */
export interface PreparedCommand {
  /** Help instead of the command, when it was asked for or arguments are missing. */
  readonly help: HelpInstead | undefined;
  /** What its arguments say about the trace it is part of; see `CommandDefinition`. */
  readonly trace: string | undefined;
  /** Runs it; resolves to the exit code. */
  readonly run: (context: CommandContext) => Promise<number>;
}

/** Loads a command and parses its arguments. @throws {CliError} CLI_USAGE */
export async function prepareCommand(
  target: Extract<Target, { kind: 'command' }>,
  preparation: Preparation,
): Promise<PreparedCommand> {
  const definition = await target.entry.load();
  const isBare = target.argv.length === 0 && !preparation.globals.given && definition.needsArguments === true;
  const parsed = await parseArguments(definition, isBare ? { ...target, argv: ['-h'] } : target, preparation);
  return {
    help: parsed.help === undefined ? undefined : { text: parsed.help, asked: !isBare },
    trace: parsed.help === undefined ? definition.traceOf?.(parsed.options) : undefined,
    run: async (context) => {
      if (parsed.help !== undefined) return EXIT.usage;
      try {
        return (await definition.run(context, parsed.options, parsed.args)) ?? EXIT.ok;
      } catch (error) {
        throw await withUsage(error, parsed.usage, definition, target, preparation);
      }
    },
  };
}

/** What a command finds out about its arguments when it runs is said as what the parser finds (`commands.md` §3). */
async function withUsage(
  error: unknown,
  known: string | undefined,
  definition: CommandDefinition,
  { entry, path }: Extract<Target, { kind: 'command' }>,
  { program }: Preparation,
): Promise<unknown> {
  const isBare = error instanceof CliError && error.code === 'CLI_USAGE' && !error.message.includes('\n\nUsage: ');
  if (!isBare) return error;
  const { usageOfLeaf } = await import('./arguments/leaf.ts');
  const usage = known ?? usageOfLeaf(definition, { name: [program, ...path].join(' '), summary: entry.summary });
  return usageError(error.message, undefined, usage);
}

/** The parser is loaded when there is something to parse. */
async function parseArguments(
  definition: CommandDefinition,
  { entry, path, argv }: Extract<Target, { kind: 'command' }>,
  { program, output, environment }: Preparation,
): Promise<Parsed> {
  const bare = definition.configure === undefined ? {} : definition.bare;
  if (bare !== undefined && argv.length === 0) return { help: undefined, options: bare, args: [], usage: undefined };
  const { parseLeaf } = await import('./arguments/leaf.ts');
  const words = [program, ...path];
  const parsed = await parseLeaf(definition, {
    name: words.join(' '),
    summary: entry.summary,
    argv,
    style: output.resultStyle,
    hidden: showsHidden(environment),
  });
  if (parsed.help === undefined || !rendersMarkdown(environment)) return parsed;
  const { commandPage, markdownPage } = await import('./documentation/index.ts');
  return { help: markdownPage(await commandPage(words, entry)) };
}
