import { ensureVault, findVault } from '../../../node/vaults/index.ts';
import type { CommandDefinition } from '../../command.ts';
import { CliError } from '../../errors.ts';
import { withHome } from '../../home.ts';
import { vaultJson, vaultLines } from './report.ts';

/** `vault show [NAME]` (`commands.md` §8.6). */
export const command: CommandDefinition = {
  configure: (leaf) =>
    leaf.argument('[NAME]', 'name of the vault; the default one, made if there is none, unless given'),
  run: (context, _options, [name]) =>
    withHome(context, (home) => {
      const vault = name === undefined ? ensureVault(home, undefined, () => undefined) : findVault(home, name);
      if (vault === undefined) throw new CliError('CLI_NOT_FOUND', `The vault ${name} was not found`);
      const { output } = context;
      const lines = vaultLines(vault, output.resultStyle);
      output.result({ plain: lines.join('\n'), machine: vault.name, json: vaultJson(vault) });
    }),
};
