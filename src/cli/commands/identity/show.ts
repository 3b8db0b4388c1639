import type { NamedIdentity } from '../../../node/home/index.ts';
import type { CommandDefinition } from '../../command.ts';
import { CliError, usageError } from '../../errors.ts';
import { withHome } from '../../home.ts';
import type { Result } from '../../output/output.ts';
import { showItems } from '../../questions/show-items.ts';

type Options = { readonly full?: true; readonly encoding?: 'plain' | 'hex' };

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
      .addOption(leaf.createOption('--encoding <ENCODING>', 'form of the change history').choices(['plain', 'hex'])),
  bare: {},
  run: (context, { full, encoding }, [name]) => {
    if (encoding !== undefined && full === undefined) {
      throw usageError('the following required arguments were not provided:\n  --full');
    }
    return withHome(context, async (home) => {
      const report = async (shown: string): Promise<Result> => {
        if (full === undefined) return short(home.identities.require(shown));
        const { historyReport } = await import('./change-history.ts');
        return historyReport(home, shown, encoding ?? 'plain');
      };
      if (name === undefined && context.output.canAsk) {
        return showItems(context, {
          items: home.identities.list(),
          nameOf: (identity) => identity.name,
          singular: 'identity',
          plural: 'identities',
          name,
          unnamed: 'no default identifier found',
          report: (identity) => report(identity.name),
        });
      }
      const chosen = name ?? home.identities.default()?.name;
      if (chosen === undefined)
        throw new CliError('CLI_NOT_FOUND', 'no default identifier found', {
          remedy: 'make one with: perigee identity create',
        });
      return context.output.result(await report(chosen));
    });
  },
};

/** What the home has under the name; the history is read, verified and loaded for when it is shown. */
function short({ identifier }: NamedIdentity): Result {
  return { plain: identifier, machine: identifier, json: { identifier } };
}
