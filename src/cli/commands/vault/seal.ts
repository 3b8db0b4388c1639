import { Option } from 'commander';
import type { SecretKey } from '../../../node/home/index.ts';
import type { CommandDefinition } from '../../command.ts';
import { withHome } from '../../home.ts';
import { sealingReport } from './report.ts';

type Options = { readonly newKeyFile?: string; readonly newPassphraseFile?: string };

/** `vault seal` (`commands.md` §8.6). */
export const command: CommandDefinition<Options> = {
  about:
    'Seals the secret keys of every vault by the key that PERIGEE_KEY_FILE or PERIGEE_PASSPHRASE_FILE names, or changes it to another ' +
    'one. Afterwards every command and node that uses secret keys needs it.',
  examples: [
    ['PERIGEE_KEY_FILE=/media/stick/key perigee vault seal', 'by a key file'],
    [
      'perigee vault seal --new-passphrase-file /run/secrets/perigee',
      'by a passphrase, instead of what seals them now',
    ],
  ],
  configure: (leaf) =>
    leaf
      .addOption(
        new Option('--new-key-file <FILE>', 'file of 32 bytes or more that nobody could guess').conflicts(
          'newPassphraseFile',
        ),
      )
      .option('--new-passphrase-file <FILE>', 'file with a passphrase'),
  run: (context, options) =>
    withHome(context, async (home) => {
      const { sealHome } = await import('../../../node/secrets/index.ts');
      context.output.result(sealingReport(context.output.resultStyle, sealHome(home, await newKey(options))));
    }),
};

async function newKey({ newKeyFile, newPassphraseFile }: Options): Promise<SecretKey | undefined> {
  const { keyFileAt, passphraseIn } = await import('../../../node/home/index.ts');
  if (newKeyFile !== undefined) return keyFileAt(newKeyFile);
  return newPassphraseFile === undefined ? undefined : passphraseIn(newPassphraseFile);
}
