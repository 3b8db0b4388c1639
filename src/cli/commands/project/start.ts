import type { CommandDefinition } from '../../command.ts';
import { starterOf, withHome } from '../../home.ts';
import { projectReport } from '../../reports/project-report.ts';
import { hostedProject } from '../../projects/hosted-project.ts';

/** `project start [NAME]` (`commands.md` §9.1). */
export const command: CommandDefinition = {
  configure: (leaf) => leaf.argument('[NAME]', 'name of the project; the default one unless given'),
  run: (context, _options, [name]) =>
    withHome(context, async (home) => {
      const { startProject } = await import('../../../node/nodes/index.ts');
      const { output } = context;
      const project = hostedProject(home, name);
      if (project.status !== 'running') {
        using _progress = output.spinner(`Starting the project ${project.name}`);
        await startProject(home, project, starterOf(context));
      }
      output.result(await projectReport(output, home.projects.get(project.name)));
    }),
};
