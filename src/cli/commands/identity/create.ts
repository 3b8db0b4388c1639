import { Option } from 'commander';
import type { NamedIdentity } from '../../../node/home/index.ts';
import type { VaultChoice } from '../../../node/identity/index.ts';
import type { CommandContext, CommandDefinition } from '../../command.ts';
import { CliError } from '../../errors.ts';
import { withHome } from '../../home.ts';

type Options = { readonly vault?: string; readonly keyId?: string; readonly identity?: string };

/** `identity create [NAME]` (`commands.md` §8.2). */
export const command: CommandDefinition<Options> = {
  about: 'Makes an identity: a key pair of this machine, and the identifier that follows from it.',
  examples: [
    ['perigee identity create', 'an identity with a random name'],
    ['perigee identity create alice', 'an identity named alice; if there is one, its identifier is printed'],
    ['perigee identity create alice --vault work', 'with its keys in the vault named work'],
    [
      'perigee identity create bob --identity 82…',
      "a name for somebody else's identity, of which there is no key here",
    ],
  ],
  configure: (leaf) =>
    leaf
      .argument('[NAME]', 'name of the identity; random unless given')
      .option('--vault <VAULT>', 'vault for its keys, made if there is none; the default one unless given')
      .addOption(new Option('-k, --key-id <KEY_ID>', 'key of a KMS vault').hideHelp())
      .addOption(new Option('--identity <HEX>', "change history of somebody else's identity, hex").conflicts('keyId')),
  run: (context, { vault, keyId, identity }, [name]) =>
    withHome(context, async (home) => {
      const [{ createIdentity, importIdentity }, { findVault }] = await Promise.all([
        import('../../../node/identity/index.ts'),
        import('../../../node/vaults/index.ts'),
      ]);
      const choice: VaultChoice = { vault, onVault: (made) => tellVault(context, made.name) };
      if (keyId !== undefined) {
        const wanted = vault ?? 'default';
        if (vault !== undefined && findVault(home, vault) === undefined) {
          throw new CliError('CLI_NOT_FOUND', `The vault ${vault} was not found`);
        }
        throw new CliError('CLI_FAILED', `Vault ${wanted} is not a KMS vault`);
      }
      if (identity === undefined) return sayCreated(context, await createIdentity(home, name, choice));
      const imported = await importIdentity(home, name, identity, choice);
      const { resultStyle: style } = context.output;
      return context.output.result({
        plain: `  ${style.success('✔')} Identity imported successfully with name ${style.primary(imported.name)}`,
      });
    }),
};

function sayCreated({ output }: CommandContext, made: NamedIdentity): void {
  const { resultStyle: style } = output;
  output.result({
    plain: `  ${style.success('✔')} Identity ${style.primary(made.identifier)}\n    created successfully as ${style.primary(made.name)}`,
    machine: made.identifier,
    json: { identifier: made.identifier },
  });
}

function tellVault({ output }: CommandContext, name: string): void {
  output.note('This Identity needs a Vault to store its secrets.');
  output.ok(`Created a new Vault named ${output.style.primary(name)}`);
}
