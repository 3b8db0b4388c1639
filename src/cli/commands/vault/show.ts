import type { CommandDefinition } from '../../command.ts';
import { withHome } from '../../home.ts';
import { showItems } from '../../questions/show-items.ts';
import { vaultJson, vaultLines } from './report.ts';

/** `vault show [NAME]` (`commands.md` §8.6). */
export const command: CommandDefinition = {
  configure: (leaf) =>
    leaf.argument('[NAME]', 'name of the vault; the default one, made if there is none, unless given'),
  bare: {},
  run: (context, _options, [name]) =>
    withHome(context, async (home) => {
      const { ensureVault, listVaults } = await import('../../../node/vaults/index.ts');
      const fallback = name === undefined ? ensureVault(home, undefined, () => undefined).name : undefined;
      return showItems(context, {
        items: listVaults(home),
        nameOf: (vault) => vault.name,
        singular: 'vault',
        plural: 'vaults',
        name,
        fallback,
        unnamed: 'there is no default vault',
        report: (vault) => ({
          plain: vaultLines(vault, context.output.resultStyle).join('\n'),
          machine: vault.name,
          json: vaultJson(vault),
        }),
      });
    }),
};
