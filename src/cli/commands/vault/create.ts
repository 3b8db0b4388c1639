import { Option } from 'commander';
import type { CommandDefinition } from '../../command.ts';
import { CliError } from '../../errors.ts';
import { withHome } from '../../home.ts';

type Options = { readonly path?: string; readonly awsKms?: true };

/** `vault create [NAME]` (`commands.md` §8.6). */
export const command: CommandDefinition<Options> = {
  about: 'Makes a vault. The first one is in the database of the home, every other one in a file of its own.',
  examples: [
    ['perigee vault create work', 'in the home'],
    ['perigee vault create stick --path /media/stick/vault', 'in a file elsewhere'],
  ],
  configure: (leaf) =>
    leaf
      .argument('[NAME]', 'name of the vault; random unless given, and "default" for the first one')
      .option('--path <PATH>', 'its file, which must not be there yet')
      .addOption(new Option('--aws-kms', 'keep keys in AWS KMS').hideHelp()),
  run: (context, { path, awsKms }, [name]) =>
    withHome(context, async (home) => {
      const { createVault, listVaults } = await import('../../../node/vaults/index.ts');
      // A software vault under that flag would be weaker than what was asked for.
      if (awsKms === true) throw new CliError('CLI_FAILED', 'AWS KMS vaults are not available');
      const { output } = context;
      const isFirst = listVaults(home).length === 0;
      const vault = createVault(home, name, path);
      if (isFirst) {
        output.info('This is the first vault to be created in this environment. It will be set as the default vault');
      }
      const { resultStyle: style } = output;
      output.result({
        plain: `  ${style.success('✔')} Vault created with name '${style.primary(vault.name)}'!`,
        machine: vault.name,
        json: { name: vault.name },
      });
    }),
};
