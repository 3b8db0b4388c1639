import type { CommandContext, CommandDefinition } from '../../command.ts';
import { CliError, usageError } from '../../errors.ts';
import { withHome } from '../../home.ts';

type Options = { readonly inline?: string; readonly blocking?: true };

/** Looked for in the working directory, in this order. */
const DEFAULT_FILES = ['perigee.yml', 'perigee.yaml', 'ockam.yml', 'ockam.yaml'] as const;

/** `run [PATH]` (`commands.md` §8.10). */
export const command: CommandDefinition<Options> = {
  about:
    'Makes what a recipe lists: identities, nodes and what is on them. It stops at the first failure and takes nothing back.',
  examples: [['perigee run recipe.yaml', 'a recipe in a file']],
  configure: (leaf) =>
    leaf
      .argument('[PATH]', `the recipe; ${DEFAULT_FILES[0]} or ${DEFAULT_FILES[1]} of this directory unless given`)
      .option('--inline <YAML>', 'the recipe itself')
      .option(
        '--blocking',
        'then wait for the nodes that were started, and end with them; signals are passed on to them',
      ),
  run: async (context, { inline, blocking }, [given]) => {
    if (inline !== undefined && given !== undefined) {
      throw usageError("the argument '[PATH]' cannot be used with '--inline <YAML>'");
    }
    const { runRecipe, untilNodesEnd } = await import('../../configuration/index.ts');
    const source = inline === undefined ? await fileOf(context, given) : { text: inline, name: '--inline' };
    const make = (): Promise<void> => runRecipe(context, source);
    await (blocking === true ? withHome(context, (home) => untilNodesEnd(context, home, make)) : make());
  },
};

async function fileOf(
  { signal }: CommandContext,
  given: string | undefined,
): Promise<{ readonly text: string; readonly name: string }> {
  const { sourceAt } = await import('../../configuration/index.ts');
  for (const file of given === undefined ? DEFAULT_FILES : [given]) {
    const source = await sourceAt(file, signal);
    if (source !== undefined) return source;
  }
  throw new CliError(
    'CLI_NOT_FOUND',
    given === undefined
      ? 'No default configuration file found in current directory.'
      : `Failed to parse value ${JSON.stringify(given)} as a path or URL`,
  );
}
