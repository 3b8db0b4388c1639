import type { Home, Space } from '../../../node/home/index.ts';
import type { CommandDefinition } from '../../command.ts';
import { deleteItems, requireNameOrAll } from '../../questions/delete-items.ts';
import { CliError } from '../../errors.ts';
import { withHome } from '../../home.ts';

type Options = { readonly yes?: true; readonly all?: true };

/** `space delete [NAME]` (`commands.md` §9.6). */
export const command: CommandDefinition<Options> = {
  about: 'Deletes a label. Projects that stand under it are not touched; while there are any, --yes is needed.',
  configure: (leaf) =>
    leaf
      .argument('[NAME]', 'name of the space')
      .option('-y, --yes', 'do not ask')
      .option('--all', 'every space')
      .option('--identity <NAME>', 'accepted for compatibility'),
  run: (context, { yes, all }, [name]) => {
    requireNameOrAll(name, all);
    return withHome(context, (home) =>
      deleteItems(context, {
        items: home.spaces.list(),
        singular: 'space',
        plural: 'spaces',
        name,
        all,
        yes,
        remove: async (space) => {
          const inIt = projectsIn(home, space);
          if (inIt.length > 0 && yes !== true) {
            throw new CliError('CLI_FAILED', `The space ${space.name} has the project(s): ${inIt.join(', ')}`, {
              remedy: 'delete them first with: perigee project delete NAME; or say --yes to delete the label alone',
            });
          }
          home.spaces.delete(space.name);
          if (inIt.length > 0) context.output.warn(`These projects go on without it: ${inIt.join(', ')}`);
        },
        done: (one) => `The space with name ${one} has been deleted`,
      }),
    );
  },
};

function projectsIn(home: Home, { name }: Space): readonly string[] {
  return home.projects
    .list()
    .filter(({ hosted }) => hosted?.space === name)
    .map((project) => project.name);
}
