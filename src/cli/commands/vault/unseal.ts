import type { CommandDefinition } from '../../command.ts';
import { withHome } from '../../home.ts';
import { confirmed } from '../../questions/confirm.ts';
import { sealingReport } from './report.ts';

type Options = { readonly yes?: true };

/** `vault unseal` (`commands.md` §8.6). */
export const command: CommandDefinition<Options> = {
  about:
    'Makes the secret keys of every vault plain again, by the key that PERIGEE_KEY_FILE or PERIGEE_PASSPHRASE_FILE names: whoever can read\n' +
    'the home has them then. Nodes and projects are to be stopped first.',
  examples: [['PERIGEE_KEY_FILE=/media/stick/key perigee vault unseal --yes', 'without asking']],
  configure: (leaf) => leaf.option('-y, --yes', 'do not ask'),
  run: (context, { yes }) =>
    withHome(context, async (home) => {
      const { unsealHome } = await import('../../../node/secrets/index.ts');
      const { output } = context;
      const question = 'Are you sure that the secret keys are to be plain?';
      if (!(await confirmed(context, yes, question))) return;
      output.result(sealingReport(output.resultStyle, unsealHome(home)));
      output.info(
        'Unset PERIGEE_KEY_FILE and PERIGEE_PASSPHRASE_FILE now: the next use of a key with one of them seals it again',
      );
    }),
};
