import type { CommandDefinition } from '../../command.ts';
import { listOf } from '../../output/list.ts';
import { adminOptions } from '../../projects/project-admins.ts';
import { memberLines, withMembers } from '../../projects/project-members.ts';

/** `project-admin list [PROJECT]` (`commands.md` §9.6). */
export const command: CommandDefinition<{ readonly identity?: string }> = {
  configure: (leaf) => {
    adminOptions(leaf).argument('[PROJECT]', 'name of the project; the default one unless given');
  },
  run: async (context, { identity }, [projectName]) => {
    await withMembers(context, { identity, projectName }, async ({ listMembers }) => {
      const admins = [...(await listMembers())].filter(
        ([, { attributes }]) => attributes.get('ockam-role') === 'enroller',
      );
      context.output.result({
        plain: listOf(
          context.output,
          'Project admins',
          admins.map(([identifier, entry]) => memberLines(identifier, entry)),
          'No admins found on the Authority node',
        ),
        json: admins.map(([identifier]) => ({ identifier })),
      });
    });
  },
};
