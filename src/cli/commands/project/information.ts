import type { CommandDefinition } from '../../command.ts';
import { withHome } from '../../home.ts';
import { projectReport } from '../../reports/project-report.ts';

/** `project information [NAME]` (`commands.md` §9.1). */
export const command: CommandDefinition = {
  configure: (leaf) =>
    leaf.argument('[NAME]', 'name of the project', 'default').option('--identity <NAME>', 'accepted for compatibility'),
  bare: {},
  run: (context, _options, [name]) =>
    withHome(context, async (home) =>
      context.output.result(await projectReport(context.output, home.projects.get(name))),
    ),
};
