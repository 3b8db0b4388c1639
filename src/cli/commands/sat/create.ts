import type { CommandDefinition } from '../../command.ts';
import { withHome } from '../../home.ts';
import { newSat, type SatOptions, satOptions, satTerms } from '../../nodes/new-sat.ts';
import { ownIdentity } from '../../options/own-identity.ts';

type Options = SatOptions & { readonly project?: string };

/** `sat create [NAME]` (`commands.md` §10.2). */
export const command: CommandDefinition<Options> = {
  about:
    'Makes a Sat of an identity that is a member of the project already. It runs functions for its gateway, and only dials out.',
  examples: [
    ['perigee sat create', 'for the only gateway of the project'],
    ['perigee sat create edge-1 --gateway edge --label site=berlin --grant ceiling.yaml', 'with limits of its owner'],
  ],
  configure: (leaf) => {
    satOptions(leaf.argument('[NAME]', 'name of the Sat; random unless given')).option(
      '--project <NAME>',
      'the project; the default one unless given',
    );
  },
  run: (context, options, [given]) =>
    withHome(context, async (home) => {
      const [{ randomName }, { systemRandom }] = await Promise.all([
        import('../../../node/names/index.ts'),
        import('../../../node/system/index.ts'),
      ]);
      const name = given ?? randomName(systemRandom, (taken) => home.nodes.find(taken) !== undefined);
      const project = home.projects.get(options.project);
      const identity = await ownIdentity(context, home, options.identity);
      await newSat(context, home, { name, identity, project, options, terms: await satTerms(options) });
    }),
};
