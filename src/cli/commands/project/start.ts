import { startProject } from '../../../node/nodes/index.ts';
import type { CommandDefinition } from '../../command.ts';
import { CliError } from '../../errors.ts';
import { starterOf, withHome } from '../../home.ts';
import { projectReport } from '../../reports/project-report.ts';

/** `project start [NAME]` (`commands.md` §9.1). */
export const command: CommandDefinition = {
  configure: (leaf) => leaf.argument('[NAME]', 'name of the project; the default one unless given'),
  run: (context, _options, [name]) =>
    withHome(context, async (home) => {
      const { output } = context;
      const project = home.projects.get(name);
      if (project.hosted === undefined)
        throw new CliError('CLI_FAILED', `the project ${project.name} is not hosted here`);
      if (project.status !== 'running') {
        using _progress = output.spinner(`Starting the project ${project.name}`);
        await startProject(home, project, starterOf(context));
      }
      output.result(projectReport(output, home.projects.get(project.name)));
    }),
};
