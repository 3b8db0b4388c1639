import { Option } from 'commander';
import { identityOf } from '../../../node/identity/index.ts';
import { changeHistoryToHex, changeHashToBytes, type Identity } from '../../../trust/identity/index.ts';
import { toHex } from '../../../kernel/index.ts';
import type { CommandDefinition } from '../../command.ts';
import { CliError, usageError } from '../../errors.ts';
import { withHome } from '../../home.ts';
import { showItems } from '../../questions/show-items.ts';

type Options = { readonly full?: true; readonly encoding?: 'plain' | 'hex' };

const KEY_TYPES = { ed25519: 'EdDSACurve25519', p256: 'ECDSASHA256CurveP256' } as const;

/** `identity show [NAME]` (`commands.md` §8.2). */
export const command: CommandDefinition<Options> = {
  about: 'Shows the identifier of an identity, or with --full its public change history, which others may be given.',
  examples: [
    ['perigee identity show alice', 'the identifier'],
    ['perigee identity show alice --full --encoding hex', 'the change history, as options of other commands take it'],
  ],
  configure: (leaf) =>
    leaf
      .argument('[NAME]', 'name of the identity; the default one unless given')
      .option('-f, --full', 'show the change history')
      .addOption(new Option('--encoding <ENCODING>', 'form of the change history').choices(['plain', 'hex'])),
  run: (context, { full, encoding }, [name]) => {
    if (encoding !== undefined && full === undefined) {
      throw usageError('the following required arguments were not provided:\n  --full');
    }
    const report = (identity: Identity) =>
      full === undefined ? short(identity) : encoding === 'hex' ? hex(identity) : long(identity);
    return withHome(context, async (home) => {
      if (name === undefined && context.output.canAsk) {
        return showItems(context, {
          items: home.identities.list(),
          nameOf: (identity) => identity.name,
          singular: 'identity',
          plural: 'identities',
          name,
          unnamed: 'no default identifier found',
          report: async (identity) => report(await identityOf(home, identity.name)),
        });
      }
      const chosen = name ?? home.identities.default()?.name;
      if (chosen === undefined)
        throw new CliError('CLI_NOT_FOUND', 'no default identifier found', {
          remedy: 'make one with: perigee identity create',
        });
      return context.output.result(report(await identityOf(home, chosen)));
    });
  },
};

function short({ identifier }: Identity) {
  return { plain: identifier, machine: identifier, json: { identifier } };
}

function hex({ history }: Identity) {
  const encoded = changeHistoryToHex(history);
  return { plain: encoded, machine: encoded, json: { encoded } };
}

function long({ identifier, changes }: Identity) {
  const shown = changes.map((change) => ({
    identifier: toHex(changeHashToBytes(change.hash)),
    primary_public_key: `${KEY_TYPES[change.primaryPublicKey.algorithm]}: ${toHex(change.primaryPublicKey.bytes)}`,
    revoke_all_purpose_keys: change.revokeAllPurposeKeys,
  }));
  const lines = shown.flatMap((change, i) => [
    `  Change[${i}]:`,
    `    identifier:              ${change.identifier}`,
    `    primary_public_key:      ${change.primary_public_key}`,
    `    revoke_all_purpose_keys: ${change.revoke_all_purpose_keys}`,
  ]);
  const text = [`Identifier: ${identifier}`, ...lines].join('\n');
  return { plain: text, machine: text, json: { changes: shown, identifier } };
}
