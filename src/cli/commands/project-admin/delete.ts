import { confirmed } from '../../questions/confirm.ts';
import { requireNameOrAll } from '../../questions/delete-items.ts';
import type { CommandContext, CommandDefinition } from '../../command.ts';
import { usageError } from '../../errors.ts';
import { adminOptions, requireIdentifier } from '../../projects/project-admins.ts';
import { withMembers } from '../../projects/project-members.ts';

type Options = { readonly identity?: string; readonly yes?: true; readonly all?: true };

/** `project-admin delete [IDENTIFIER] [PROJECT]` (`commands.md` §9.6). */
export const command: CommandDefinition<Options> = {
  about: 'Deletes an enroller, or all of them but who asks, from the members of a project.',
  configure: (leaf) => {
    adminOptions(leaf)
      .argument('[IDENTIFIER]', 'the enroller')
      .argument('[PROJECT]', 'name of the project; the default one unless given')
      .option('--all', 'every enroller of the default project but who asks; those it was made with stay')
      .option('-y, --yes', 'do not ask');
  },
  run: async (context, { identity, yes, all }, [text, projectName]) => {
    requireNameOrAll(text, all);
    if (all === true) return deleteAll(context, { identity, yes });
    if (text === undefined) throw usageError('the following required arguments were not provided:\n  <IDENTIFIER>');
    const identifier = await requireIdentifier(text);
    if (!(await confirmed(context, yes, 'Are you sure you want to proceed?'))) return undefined;
    return withMembers(context, { identity, projectName }, async ({ deleteMember }, { name }) => {
      await deleteMember(identifier);
      context.output.result({ plain: doneLine(context, identifier, name), machine: identifier, json: { identifier } });
    });
  },
};

/** One that cannot be deleted, as it is trusted from the start, does not keep the others. */
async function deleteAll(
  context: CommandContext,
  { identity, yes }: { readonly identity: string | undefined; readonly yes: true | undefined },
): Promise<void> {
  const { output } = context;
  if (!(await confirmed(context, yes, 'Are you sure you want to delete all admins of the project?'))) return;
  const { isIdentifier } = await import('../../../trust/identity/index.ts');
  await withMembers(context, { identity }, async ({ listMembers, deleteMember }, { name }, asking) => {
    const admins = [...(await listMembers())]
      .filter(([, { attributes }]) => attributes.get('ockam-role') === 'enroller')
      .map(([identifier]) => identifier)
      .filter(isIdentifier)
      .filter((identifier) => identifier !== asking);
    const deleted: string[] = [];
    for (const identifier of admins) {
      try {
        await deleteMember(identifier);
        deleted.push(identifier);
      } catch (error) {
        context.signal.throwIfAborted();
        output.warn(`Failed to delete admin ${identifier}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    output.result({
      plain:
        deleted.map((identifier) => doneLine(context, identifier, name)).join('\n') ||
        '  > There are no admins to delete',
      machine: deleted.join('\n'),
      json: deleted.map((identifier) => ({ identifier })),
    });
  });
}

function doneLine({ output: { resultStyle: style } }: CommandContext, identifier: string, project: string): string {
  return `  ${style.success('✔')} Admin ${style.primary(identifier)} has been deleted from project ${style.primary(project)}`;
}
