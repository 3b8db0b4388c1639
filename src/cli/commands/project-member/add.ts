import type { CommandDefinition } from '../../command.ts';
import { type MemberOptions, memberOptions, withMembers } from '../../projects/project-members.ts';
import { type RetryOptions, retryOptions, withRetry } from '../../options/retry.ts';
import { RepeatableOption } from '../../arguments/repeatable-option.ts';
import { keyValue, pairsOf } from '../../arguments/values.ts';
import { identifierText } from '../../arguments/checked-values.ts';

type Options = MemberOptions &
  RetryOptions & {
    readonly attribute?: readonly string[];
    readonly relay?: string;
    readonly enroller?: true;
  };

/** `project-member add IDENTIFIER` (`commands.md` §9.4). */
export const command: CommandDefinition<Options> = {
  configure: (leaf) => {
    retryOptions(memberOptions(leaf.argument('<IDENTIFIER>', 'who is to be a member', identifierText)))
      .addOption(new RepeatableOption('-a, --attribute <KEY=VALUE>', 'what the member is', keyValue(false)))
      .option('--relay <NAME>', 'the relay that the member may register')
      .option('--enroller', 'the member may invite others');
  },
  run: async (context, options, [text = '']) => {
    const { parseIdentifier } = await import('../../../trust/identity/index.ts');
    const identifier = parseIdentifier(text);
    const attributes = pairsOf(options.attribute ?? []);
    if (options.relay !== undefined) attributes.set('ockam-relay', options.relay);
    if (options.enroller === true) attributes.set('ockam-role', 'enroller');
    const add = (): Promise<void> =>
      withMembers(context, options, async ({ addMember }, project) => {
        await addMember({ identifier, attributes });
        const { resultStyle: style } = context.output;
        const shown = [...attributes].map(([key, value]) => `${key}=${value}`).join(', ');
        context.output.result({
          plain: [
            `  ${style.success('✔')} Identifier ${style.primary(identifier)} is now a member of the Project ${style.primary(project.name)}`,
            ...(shown === '' ? [] : [`    With attributes: ${shown}`]),
            '    It can get a credential and access Project resources, like portals of other members',
          ].join('\n'),
          json: { attributes: Object.fromEntries(attributes), identifier, project: project.name },
        });
      });
    await withRetry(context, options, add);
  },
};
