import { Option } from 'commander';
import type { Identifier } from '../../../trust/identity/index.ts';
import type { CommandDefinition } from '../../command.ts';
import { CliError } from '../../errors.ts';
import { withHome } from '../../home.ts';
import { ownIdentity } from '../../options/own-identity.ts';
import { RepeatableOption } from '../../arguments/repeatable-option.ts';
import { durationMs, keyValue, pairsOf } from '../../arguments/values.ts';
import { identifierText } from '../../arguments/checked-values.ts';

type Options = {
  readonly for: Identifier;
  readonly as?: string;
  readonly attribute?: readonly string[];
  readonly encoding: 'plain' | 'hex';
  readonly ttl: number;
};

/** `credential issue` (`commands.md` §8.7). */
export const command: CommandDefinition<Options> = {
  about: 'Attests attributes of an identity, which need not be known here.',
  examples: [['perigee credential issue --for I01… --attribute city=Lima --encoding hex', 'as other commands take it']],
  configure: (leaf) =>
    leaf
      .argument('[VAULT_NAME]', 'accepted for compatibility; the keys of an identity are found in any vault')
      .requiredOption('--for <IDENTIFIER>', 'whom it is about', identifierText)
      .option('--as <IDENTITY>', 'own identity that issues it; the default one unless given')
      .addOption(new RepeatableOption('-a, --attribute <KEY=VALUE>', 'attribute to attest', keyValue(false)))
      .addOption(new Option('--encoding <ENCODING>', 'form').choices(['plain', 'hex']).default('plain'))
      .option('--ttl <DURATION>', 'how long it is valid', durationMs, 1_800_000),
  run: (context, options) =>
    withHome(context, async (home) => {
      const [{ issueFor }, { attributesOf, credentialToHex }, { credentialJson, credentialLines, decodedCredential }] =
        await Promise.all([
          import('../../../node/credentials/index.ts'),
          import('../../../trust/credential/index.ts'),
          import('./report.ts'),
        ]);
      const { output } = context;
      if (options.as !== undefined && home.identities.get(options.as) === undefined) {
        throw new CliError('CLI_NOT_FOUND', `no identifier found with name ${options.as}`);
      }
      const ttlSeconds = Math.floor(options.ttl / 1000);
      if (ttlSeconds < 1) throw new CliError('CLI_FAILED', 'a credential is valid for one second at least');
      const { identifier: issuer } = await ownIdentity(context, home, options.as);
      const attributes = attributesOf(pairsOf(options.attribute ?? []));
      const credential = await issueFor(home, issuer, { subject: options.for, attributes, ttlSeconds });
      const json = credentialJson(credential, issuer);
      const hex = options.encoding === 'hex' ? credentialToHex(credential) : undefined;
      output.result({
        plain: hex ?? credentialLines(json).join('\n'),
        machine: hex ?? decodedCredential(credential),
        json,
      });
    }),
};
