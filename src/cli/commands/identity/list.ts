import type { CommandDefinition } from '../../command.ts';
import { withHome } from '../../home.ts';
import { listOf } from '../../output/list.ts';

/** `identity list` (`commands.md` §8.2). */
export const command: CommandDefinition = {
  run: (context) =>
    withHome(context, (home) => {
      const all = home.identities.list();
      const { output } = context;
      const items = all.map(({ name, identifier, isDefault }) => [
        `Identity ${output.resultStyle.primary(name)}${isDefault ? ' (default)' : ''}`,
        identifier,
      ]);
      output.result({
        plain: listOf(output, 'Identities', items, 'No identities found on this system.'),
        json: all.map(({ name, identifier, isDefault, vault }) => ({
          identifier,
          is_default: isDefault,
          name,
          vault_name: vault,
        })),
      });
    }),
};
