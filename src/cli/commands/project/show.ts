import type { CommandDefinition } from '../../command.ts';
import { withHome } from '../../home.ts';
import { projectReport } from '../../project-report.ts';

/** `project show [NAME]` (`commands.md` §9.1). */
export const command: CommandDefinition = {
  configure: (leaf) => leaf.argument('[NAME]', 'name of the project; the default one unless given'),
  run: (context, _options, [name]) =>
    withHome(context, (home) => context.output.result(projectReport(context.output, home.projects.get(name)))),
};
