import type { CommandContext } from '../command.ts';
import { readDocument } from './document.ts';
import { prepareAll, runAll } from './execute.ts';
import { recipeCommands } from './node-file.ts';
import type { Source } from './source.ts';

/**
 * Runs a recipe: its commands in order, up to the first that fails; nothing is taken back (`commands.md` §8.10).
 * @throws {CliError} CLI_CONFIGURATION, before anything was done · what a command throws
 */
export async function runRecipe(given: CommandContext, source: Source): Promise<void> {
  const { output } = given;
  // With a ticket there, each of its nodes would enroll.
  const { ENROLLMENT_TICKET: _, ...environment } = given.environment;
  const context = { ...given, environment };
  const root = readDocument(source.text, source.name, {
    given: new Map(),
    environment,
    onShadowed: (name) => output.warn(`Loading variable '${name}' from environment`),
  });
  const commands = await prepareAll(context, recipeCommands(root));
  output.endLines();
  await runAll(context, commands);
}
