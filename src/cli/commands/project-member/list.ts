import { Option } from 'commander';
import type { CommandDefinition } from '../../command.ts';
import { listOf } from '../../output/list.ts';
import {
  memberJson,
  memberLines,
  type MemberOptions,
  memberOptions,
  withMembers,
} from '../../projects/project-members.ts';

type Options = MemberOptions & { readonly enrollers?: true; readonly enroller?: true };

/** `project-member list` (`commands.md` §9.4). */
export const command: CommandDefinition<Options> = {
  configure: (leaf) => {
    memberOptions(leaf)
      .option('--enrollers', 'only those who may invite others')
      .addOption(new Option('--enroller', 'the same').hideHelp());
  },
  run: (context, options) =>
    withMembers(context, options, async ({ listMembers }) => {
      const all = [...(await listMembers())];
      const members =
        options.enrollers === true || options.enroller === true
          ? all.filter(([, { attributes }]) => attributes.get('ockam-role') === 'enroller')
          : all;
      const items = members.map(([identifier, entry]) => memberLines(identifier, entry));
      context.output.result({
        plain: listOf(context.output, 'Members', items, 'No members found on the Authority node'),
        json: members.map(([identifier, entry]) => memberJson(identifier, entry)),
      });
    }),
};
