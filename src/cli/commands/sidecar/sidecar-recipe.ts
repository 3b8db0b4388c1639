/** What both ends of a sidecar have in common: a recipe that is printed, and run (`commands.md` §8.12). */
import { stat } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { stringify } from 'yaml';
import { quoted } from '../../../kernel/index.ts';
import type { CommandContext } from '../../command.ts';
import { CliError, usageError } from '../../errors.ts';
import { serviceName } from '../../nodes/on-node.ts';

/** How the node enrolls, and whether anything happens at all. */
export type SidecarOptions = {
  readonly enrollTicket?: string;
  readonly okta?: true;
  readonly dryRun?: true;
};

/** Declares what both commands take. */
export function sidecarOptions(leaf: Command): Command {
  return leaf
    .argument('<SERVICE_NAME>', 'name of the service; the same at both ends', serviceName)
    .option('--enroll-ticket <PATH>', 'file that has the ticket')
    .option('--dry-run', 'print the recipe and do nothing')
    .addOption(new Option('--okta', 'refused: there are no identity providers').hideHelp());
}

/**
 * Prints the recipe on standard error, and runs it unless nothing is to happen.
 * @param sections what stands below the ticket.
 * @throws {CliError} usage, without a ticket · CLI_NOT_FOUND, when its file is not there · what `run` throws
 */
export async function runSidecar(
  context: CommandContext,
  { enrollTicket, okta, dryRun }: SidecarOptions,
  sections: Readonly<Record<string, unknown>>,
): Promise<void> {
  if (okta === true) {
    if (enrollTicket !== undefined)
      throw usageError("the argument '--enroll-ticket <PATH>' cannot be used with '--okta'");
    throw new CliError('CLI_FAILED', 'identity providers are not available: members enroll with tickets');
  }
  if (enrollTicket === undefined) {
    throw usageError('the following required arguments were not provided:\n  --enroll-ticket <PATH>');
  }
  const recipe = stringify({ ticket: enrollTicket, ...sections }).replaceAll('$', '$$$$');
  for (const line of recipe.trimEnd().split('\n')) context.output.note(line);
  if (dryRun === true) return;
  const file = await stat(enrollTicket).catch(() => undefined);
  if (file?.isFile() !== true) {
    throw new CliError('CLI_NOT_FOUND', `There is no file ${quoted(enrollTicket)}`, {
      remedy: `make a ticket with '${context.program} project ticket' where an enroller is, and put it in a file`,
    });
  }
  const { runRecipe } = await import('../../configuration/index.ts');
  await runRecipe(context, { text: recipe, name: 'the recipe of the sidecar' });
}
