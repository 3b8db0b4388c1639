import type { Identifier } from '../../../trust/identity/index.ts';
import { CodedError } from '../../../kernel/errors/index.ts';
import { identifierText } from '../../arguments/checked-values.ts';
import type { CommandDefinition } from '../../command.ts';
import { EXIT } from '../../errors.ts';
import { withHome } from '../../home.ts';
import { type CredentialSource, credentialOptions, givenCredential } from './values.ts';

type Options = CredentialSource & { readonly issuer: Identifier; readonly exitCode?: true };

/** `credential verify` (`commands.md` §8.7). */
export const command: CommandDefinition<Options> = {
  about: 'Says whether a credential is valid. The identity of the issuer must be known here.',
  examples: [['perigee credential verify --issuer I01… --credential-path city.credential', 'one in a file']],
  configure: (leaf) =>
    credentialOptions(leaf)
      .requiredOption('--issuer <IDENTIFIER>', 'who is to have issued it', identifierText)
      .option('--exit-code', 'end with 70 when it is not valid'),
  run: (context, { issuer, exitCode, ...source }) =>
    withHome(context, async (home) => {
      const { verifyFrom } = await import('../../../node/credentials/index.ts');
      const { output } = context;
      const { resultStyle: style } = output;
      try {
        await verifyFrom(home, issuer, await givenCredential(source));
      } catch (error) {
        if (!(error instanceof CodedError) || !/^(CREDENTIAL|IDENTITY|CLI|BYTES)_/.test(error.code)) throw error;
        output.result({
          plain: `  ${style.failure('✗')} ${error.message}`,
          machine: 'false',
          json: { is_valid: false },
        });
        return exitCode === true ? EXIT.software : EXIT.ok;
      }
      output.result({
        plain: `  ${style.success('✔')} Credential is valid`,
        machine: 'true',
        json: { is_valid: true },
      });
      return EXIT.ok;
    }),
};
