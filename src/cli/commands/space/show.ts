import type { CommandDefinition } from '../../command.ts';
import { withHome } from '../../home.ts';
import { showItems } from '../../questions/show-items.ts';
import { spaceJson, spaceLines } from '../../reports/space-report.ts';

/** `space show [NAME]` (`commands.md` §9.6). */
export const command: CommandDefinition = {
  configure: (leaf) =>
    leaf
      .argument('[NAME]', 'name of the space; the default one unless given')
      .option('--identity <NAME>', 'accepted for compatibility'),
  bare: {},
  run: (context, _options, [name]) =>
    withHome(context, (home) =>
      showItems(context, {
        items: home.spaces.list(),
        nameOf: (space) => space.name,
        singular: 'space',
        plural: 'spaces',
        name,
        fallback: home.spaces.default()?.name,
        unnamed: 'No space name provided',
        report: (space) => ({
          plain: spaceLines(context.output, space)
            .map((line) => `    ${line}`)
            .join('\n'),
          machine: space.name,
          json: spaceJson(space),
        }),
      }),
    ),
};
