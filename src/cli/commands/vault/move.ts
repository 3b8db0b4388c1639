import type { CommandDefinition } from '../../command.ts';
import { withHome } from '../../home.ts';

type Options = { readonly path: string };

/** `vault move NAME` (`commands.md` §8.6). */
export const command: CommandDefinition<Options> = {
  about: 'Moves the file of a vault. Nodes with keys in it are to be stopped first.',
  examples: [['perigee vault move work --path /media/stick/vault', 'to a file that is not there yet']],
  configure: (leaf) =>
    leaf.argument('<NAME>', 'name of the vault').requiredOption('--path <PATH>', 'where to; must not be there yet'),
  run: (context, { path }, [name = '']) =>
    withHome(context, async (home) => {
      const { moveVault } = await import('../../../node/vaults/index.ts');
      const { output } = context;
      const moved = moveVault(home, name, path);
      output.info(`Moved the vault ${output.style.primary(name)} to "${moved.path}"`);
    }),
};
