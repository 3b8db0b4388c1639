import type { CommandDefinition } from '../../command.ts';
import { withHome } from '../../home.ts';
import { listOf } from '../../output/list.ts';
import { vaultJson, vaultLines } from './report.ts';

/** `vault list` (`commands.md` §8.6). */
export const command: CommandDefinition = {
  run: (context) =>
    withHome(context, async (home) => {
      const { listVaults } = await import('../../../node/vaults/index.ts');
      const vaults = listVaults(home);
      const { output } = context;
      const items = vaults.map((vault) => vaultLines(vault, output.resultStyle));
      output.result({ plain: listOf(output, 'Vaults', items, 'No Vaults found'), json: vaults.map(vaultJson) });
    }),
};
