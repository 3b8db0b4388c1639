import type { CommandDefinition } from '../../command.ts';
import { listOf } from '../../output/list.ts';
import { type MemberOptions, memberOptions, withMembers } from '../../projects/project-members.ts';

/** `project-member list-ids` (`commands.md` §9.4). */
export const command: CommandDefinition<MemberOptions> = {
  configure: (leaf) => {
    memberOptions(leaf);
  },
  run: (context, options) =>
    withMembers(context, options, async ({ listMemberIds }) => {
      const identifiers = await listMemberIds();
      context.output.result({
        plain: listOf(
          context.output,
          'Members',
          identifiers.map((one) => [one]),
          'No members found on the Authority node',
        ),
        json: identifiers.map((identifier) => ({ identifier })),
      });
    }),
};
