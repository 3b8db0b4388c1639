import type { CommandDefinition } from '../../command.ts';
import { withHome } from '../../home.ts';
import { hostedProject } from '../../projects/hosted-project.ts';

/** `project stop [NAME]` (`commands.md` §9.1). */
export const command: CommandDefinition = {
  configure: (leaf) => leaf.argument('[NAME]', 'name of the project; the default one unless given'),
  run: (context, _options, [name]) =>
    withHome(context, async (home) => {
      const { stopProject } = await import('../../../node/nodes/index.ts');
      const { output } = context;
      const project = hostedProject(home, name);
      using _progress = output.spinner(`Stopping the project ${project.name}`);
      await stopProject(home, project, () => output.warn('it does not end and is forced to'));
      output.result({ plain: `  ${output.resultStyle.success('✔')} The project ${project.name} was stopped` });
    }),
};
