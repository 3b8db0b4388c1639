import type { CommandDefinition } from '../../command.ts';
import {
  memberJson,
  memberLines,
  type MemberOptions,
  memberOptions,
  withMembers,
} from '../../projects/project-members.ts';
import { showItems } from '../../questions/show-items.ts';
import { identifierText } from '../../arguments/checked-values.ts';

/** `project-member show [IDENTIFIER]` (`commands.md` §9.4). */
export const command: CommandDefinition<MemberOptions> = {
  configure: (leaf) => {
    memberOptions(leaf.argument('[IDENTIFIER]', 'the member', identifierText));
  },
  run: (context, options, [name]) =>
    withMembers(context, options, async ({ listMemberIds, showMember }) => {
      const { isIdentifier } = await import('../../../trust/identity/index.ts');
      // One that was named is asked for alone: an authority may have too many to list.
      const known = name !== undefined && isIdentifier(name) ? [name] : await listMemberIds();
      await showItems(context, {
        items: known,
        nameOf: (identifier) => identifier,
        singular: 'member',
        plural: 'members',
        name,
        unnamed: 'No member provided',
        report: async (identifier) => {
          const entry = await showMember(identifier);
          return {
            plain: memberLines(identifier, entry)
              .map((line) => `    ${line}`)
              .join('\n'),
            json: memberJson(identifier, entry),
          };
        },
      });
    }),
};
