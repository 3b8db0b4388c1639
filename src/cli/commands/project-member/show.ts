import { parseIdentifier } from '../../../trust/identity/index.ts';
import type { CommandDefinition } from '../../command.ts';
import { memberJson, memberLines, type MemberOptions, memberOptions, withMembers } from '../../project-members.ts';

/** `project-member show IDENTIFIER` (`commands.md` §9.4). */
export const command: CommandDefinition<MemberOptions> = {
  configure: (leaf) => {
    memberOptions(leaf.argument('<IDENTIFIER>', 'the member'));
  },
  run: (context, options, [text = '']) => {
    const identifier = parseIdentifier(text);
    return withMembers(context, options, async ({ showMember }) => {
      const entry = await showMember(identifier);
      context.output.result({
        plain: memberLines(identifier, entry)
          .map((line) => `    ${line}`)
          .join('\n'),
        json: memberJson(identifier, entry),
      });
    });
  },
};
