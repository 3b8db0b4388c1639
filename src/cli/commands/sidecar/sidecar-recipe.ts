/** What both ends of a sidecar have in common: a recipe that is printed, and run (`commands.md` §8.12). */
import type { Command } from 'commander';
import { quoted } from '../../../kernel/errors/index.ts';
import type { CommandContext } from '../../command.ts';
import { CliError, usageError } from '../../errors.ts';
import { withHome } from '../../home.ts';
import { ownIdentity } from '../../options/own-identity.ts';
import { signIn } from '../../projects/sign-in.ts';
import { serviceName } from '../../arguments/values.ts';

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
    .option('--okta', "sign in at the default project's identity provider instead");
}

/**
 * Prints the recipe on standard error, and runs it unless nothing is to happen; whoever signs in does so before.
 * @param sections what stands below the ticket.
 * @throws {CliError} usage, without a way to enroll · CLI_NOT_FOUND, when the file of the ticket is not there · what `run` throws
 */
export async function runSidecar(
  context: CommandContext,
  { enrollTicket, okta, dryRun }: SidecarOptions,
  sections: Readonly<Record<string, unknown>>,
): Promise<void> {
  if (enrollTicket === undefined && okta !== true) {
    throw usageError('the following required arguments were not provided:\n  --enroll-ticket <PATH>');
  }
  if (enrollTicket !== undefined && okta === true) {
    throw usageError("the argument '--enroll-ticket <PATH>' cannot be used with '--okta'");
  }
  const ticket = enrollTicket === undefined ? {} : { ticket: enrollTicket };
  const { stringify } = await import('yaml');
  const recipe = stringify({ ...ticket, ...sections }).replaceAll('$', '$$$$');
  for (const line of recipe.trimEnd().split('\n')) context.output.note(line);
  if (dryRun === true) return;
  if (enrollTicket === undefined) await enrollBySignIn(context);
  else await requireFile(context, enrollTicket);
  const { runRecipe } = await import('../../configuration/index.ts');
  await runRecipe(context, { text: recipe, name: 'the recipe of the sidecar' });
}

async function enrollBySignIn(context: CommandContext): Promise<void> {
  const [{ enrollWithTicket }, { ENROLLMENT_TIMEOUT_MS }] = await Promise.all([
    import('../../../node/project/index.ts'),
    import('../../../project/enrollment/index.ts'),
  ]);
  await withHome(context, async (home) => {
    const project = home.projects.get(undefined);
    const identity = await ownIdentity(context, home, undefined);
    const accessToken = await signIn(context, project);
    const { signal } = context;
    await enrollWithTicket(home, { identity, project, accessToken, timeoutMs: ENROLLMENT_TIMEOUT_MS, signal });
    context.output.ok(`Enrolled in the project ${project.name}`);
  });
}

async function requireFile({ program }: CommandContext, file: string): Promise<void> {
  const { stat } = process.getBuiltinModule('node:fs/promises');
  const found = await stat(file).catch(() => undefined);
  if (found?.isFile() === true) return;
  throw new CliError('CLI_NOT_FOUND', `There is no file ${quoted(file)}`, {
    remedy: `make a ticket with '${program} project ticket' where an enroller is, and put it in a file`,
  });
}
