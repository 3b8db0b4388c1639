import type { CommandDefinition } from '../../command.ts';
import { withHome } from '../../home.ts';
import { listOf } from '../../output/list.ts';
import { spaceJson, spaceLines } from '../../reports/space-report.ts';

/** `space list` (`commands.md` §9.6). */
export const command: CommandDefinition = {
  configure: (leaf) => leaf.option('--identity <NAME>', 'accepted for compatibility'),
  bare: {},
  run: (context) =>
    withHome(context, (home) => {
      const { output } = context;
      const spaces = home.spaces.list();
      const empty = "No spaces found. Run 'perigee enroll' to get a space and a project";
      output.result({
        plain: listOf(
          output,
          'Spaces',
          spaces.map((space) => spaceLines(output, space)),
          empty,
        ),
        json: spaces.map(spaceJson),
      });
    }),
};
