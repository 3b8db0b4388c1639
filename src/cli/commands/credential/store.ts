import type { Identifier } from '../../../trust/identity/index.ts';
import { CodedError } from '../../../kernel/errors/index.ts';
import { identifierText } from '../../arguments/checked-values.ts';
import type { CommandDefinition } from '../../command.ts';
import { CliError } from '../../errors.ts';
import { withHome } from '../../home.ts';
import { nodeToUse } from '../../nodes/on-node.ts';
import { type CredentialSource, credentialOptions, givenCredential } from './values.ts';

type Options = CredentialSource & { readonly issuer: Identifier; readonly scope: string; readonly at?: string };

/** `credential store` (`commands.md` §8.7). */
export const command: CommandDefinition<Options> = {
  about: 'Verifies a credential and keeps it for a node.',
  examples: [['perigee credential store --issuer I01… --scope project --credential 82…', 'for the default node']],
  configure: (leaf) =>
    credentialOptions(leaf)
      .requiredOption('--issuer <IDENTIFIER>', 'who issued it', identifierText)
      .requiredOption('--scope <SCOPE>', 'what it is for')
      .option('--at <NODE>', 'node; the default one unless given'),
  run: (context, { issuer, scope, at, ...source }) =>
    withHome(context, async (home) => {
      const [{ keepCredential }, { credentialToHex }] = await Promise.all([
        import('../../../node/credentials/index.ts'),
        import('../../../trust/credential/index.ts'),
      ]);
      const credential = await givenCredential(source);
      const { name: node } = await nodeToUse(context, home, at, { create: true });
      try {
        await keepCredential(home, { node, scope, issuer }, credential);
      } catch (cause) {
        if (!(cause instanceof CodedError) || !/^(CREDENTIAL|IDENTITY)_/.test(cause.code)) throw cause;
        throw new CliError('CLI_FAILED', 'Credential is not verified', { cause });
      }
      const { output } = context;
      const hex = credentialToHex(credential);
      output.result({
        plain: `  ${output.resultStyle.success('✔')} Credential stored`,
        machine: hex,
        json: { credential: hex, issuer },
      });
    }),
};
