import type { CommandDefinition } from '../../command.ts';
import { adminOptions, requireIdentifier } from '../../projects/project-admins.ts';
import { withMembers } from '../../projects/project-members.ts';

/** `project-admin add IDENTIFIER [PROJECT]` (`commands.md` §9.6). */
export const command: CommandDefinition<{ readonly identity?: string }> = {
  about: 'Makes an identity a member that may invite and manage others. Attributes that a member has stay.',
  configure: (leaf) => {
    adminOptions(leaf)
      .argument('<IDENTIFIER>', 'who is to be an enroller')
      .argument('[PROJECT]', 'name of the project; the default one unless given');
  },
  run: async (context, { identity }, [text = '', projectName]) => {
    const identifier = await requireIdentifier(text);
    await withMembers(context, { identity, projectName }, async ({ addMember, listMemberIds, showMember }, project) => {
      const known = (await listMemberIds()).includes(identifier);
      const attributes = new Map(known ? (await showMember(identifier)).attributes : []);
      attributes.set('ockam-role', 'enroller');
      await addMember({ identifier, attributes });
      const style = context.output.resultStyle;
      context.output.result({
        plain: `  ${style.success('✔')} ${style.primary(identifier)} added as an admin to project ${style.primary(project.name)}`,
        machine: identifier,
        json: { identifier },
      });
    });
  },
};
