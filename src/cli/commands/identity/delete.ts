import type { CommandDefinition } from '../../command.ts';
import { deleteItems, requireNameOrAll } from '../../questions/delete-items.ts';
import { withHome } from '../../home.ts';

type Options = { readonly all?: true; readonly yes?: true };

/** `identity delete [NAME]` (`commands.md` §8.2). */
export const command: CommandDefinition<Options> = {
  about: 'Deletes an identity and its keys. What others know of it stays with them.',
  examples: [['perigee identity delete alice --yes', 'without asking']],
  configure: (leaf) =>
    leaf
      .argument('[NAME]', 'name of the identity')
      .option('--all', 'delete every identity')
      .option('-y, --yes', 'do not ask'),
  run: (context, { all, yes }, [name]) => {
    requireNameOrAll(name, all);
    return withHome(context, (home) =>
      deleteItems(context, {
        items: home.identities.list(),
        singular: 'identity',
        plural: 'identities',
        name,
        all,
        yes,
        remove: async (identity) =>
          (await import('../../../node/identity/index.ts')).deleteIdentity(home, identity.name),
        done: (gone) => `The identity named ${gone} has been deleted`,
      }),
    );
  },
};
