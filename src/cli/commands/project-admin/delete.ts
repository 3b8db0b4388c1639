import { confirmed } from '../../questions/confirm.ts';
import type { CommandDefinition } from '../../command.ts';
import { adminOptions, requireIdentifier } from '../../projects/project-admins.ts';
import { withMembers } from '../../projects/project-members.ts';

type Options = { readonly identity?: string; readonly yes?: true };

/** `project-admin delete IDENTIFIER [PROJECT]` (`commands.md` §9.6). */
export const command: CommandDefinition<Options> = {
  about: 'Deletes an enroller from the members of a project.',
  configure: (leaf) => {
    adminOptions(leaf)
      .argument('<IDENTIFIER>', 'the enroller')
      .argument('[PROJECT]', 'name of the project; the default one unless given')
      .option('-y, --yes', 'do not ask');
  },
  run: async (context, { identity, yes }, [text = '', projectName]) => {
    const identifier = requireIdentifier(text);
    if (!(await confirmed(context, yes, 'Are you sure you want to proceed?'))) return;
    await withMembers(context, { identity, projectName }, async ({ deleteMember }, project) => {
      await deleteMember(identifier);
      const style = context.output.resultStyle;
      context.output.result({
        plain: `  ${style.success('✔')} Admin ${style.primary(identifier)} has been deleted from project ${style.primary(project.name)}`,
        machine: identifier,
        json: { identifier },
      });
    });
  },
};
