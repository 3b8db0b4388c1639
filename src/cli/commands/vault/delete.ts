import type { CommandDefinition } from '../../command.ts';
import { deleteItems, requireNameOrAll } from '../../questions/delete-items.ts';
import { withHome } from '../../home.ts';

type Options = { readonly all?: true; readonly yes?: true };

/** `vault delete [NAME]` (`commands.md` §8.6). */
export const command: CommandDefinition<Options> = {
  about: 'Deletes a vault that no identity has its keys in, with its file.',
  examples: [['perigee vault delete work --yes', 'without asking']],
  configure: (leaf) =>
    leaf
      .argument('[NAME]', 'name of the vault')
      .option('--all', 'delete every vault')
      .option('-y, --yes', 'do not ask'),
  run: (context, { all, yes }, [name]) => {
    requireNameOrAll(name, all);
    return withHome(context, async (home) => {
      const { deleteVault, listVaults } = await import('../../../node/vaults/index.ts');
      return deleteItems(context, {
        items: listVaults(home),
        singular: 'vault',
        plural: 'vaults',
        name,
        all,
        yes,
        remove: async (vault) => deleteVault(home, vault.name),
        done: (gone) => `Vault with name ${gone} has been deleted`,
      });
    });
  },
};
