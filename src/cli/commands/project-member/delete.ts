import type { CommandDefinition } from '../../command.ts';
import { CliError, usageError } from '../../errors.ts';
import { type MemberOptions, memberOptions, withMembers } from '../../projects/project-members.ts';

type Options = MemberOptions & { readonly all?: true };

/** `project-member delete [IDENTIFIER]` (`commands.md` §9.4). */
export const command: CommandDefinition<Options> = {
  about:
    'Deletes a member: it gets no credential any more, the one it has counts no more, and its channels at nodes of the project are cut.',
  configure: (leaf) => {
    memberOptions(leaf.argument('[IDENTIFIER]', 'the member')).option(
      '--all',
      'every member but who asks and the pre-trusted',
    );
  },
  run: async (context, options, [text]) => {
    if (text !== undefined && options.all === true)
      throw usageError("the argument '[IDENTIFIER]' cannot be used with '--all'");
    if (text === undefined && options.all === undefined) {
      throw new CliError(
        'CLI_FAILED',
        'You need to specify either an identifier to delete or use the --all flag to delete all the members from a project.',
      );
    }
    const { parseIdentifier } = await import('../../../trust/identity/index.ts');
    const identifier = text === undefined ? undefined : parseIdentifier(text);
    return withMembers(context, options, async ({ deleteMember, deleteAllMembers, listMemberIds }, project) => {
      const before = identifier === undefined ? await listMemberIds() : [identifier];
      if (identifier === undefined) await deleteAllMembers();
      else await deleteMember(identifier);
      const left = new Set(identifier === undefined ? await listMemberIds() : []);
      const gone = before.filter((one) => !left.has(one));
      const { resultStyle: style } = context.output;
      context.output.result({
        plain: `  ${style.success('✔')} ${gone.length} member(s) deleted from the Project ${style.primary(project.name)}`,
        json: { identifiers: gone, project: project.name },
      });
    });
  },
};
