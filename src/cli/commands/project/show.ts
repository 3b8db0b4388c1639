import type { CommandDefinition } from '../../command.ts';
import { withHome } from '../../home.ts';
import { projectReport } from '../../reports/project-report.ts';
import { retryOptions } from '../../options/retry.ts';
import { showItems } from '../../questions/show-items.ts';

/** `project show [NAME]` (`commands.md` §9.1). */
export const command: CommandDefinition = {
  configure: (leaf) => {
    // What is known here is shown without asking anybody, so there is nothing to try again.
    retryOptions(leaf)
      .argument('[NAME]', 'name of the project; the default one unless given')
      .option('--identity <NAME>', 'accepted for compatibility');
  },
  bare: {},
  run: (context, _options, [name]) =>
    withHome(context, (home) =>
      showItems(context, {
        items: home.projects.list(),
        nameOf: (project) => project.name,
        singular: 'project',
        plural: 'projects',
        name,
        fallback: home.projects.default()?.name,
        unnamed: 'No project name provided',
        report: (project) => projectReport(context.output, project),
      }),
    ),
};
