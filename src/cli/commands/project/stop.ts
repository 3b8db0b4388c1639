import { stopProject } from '../../../node/nodes/index.ts';
import type { CommandDefinition } from '../../command.ts';
import { CliError } from '../../errors.ts';
import { withHome } from '../../home.ts';

/** `project stop [NAME]` (`commands.md` §9.1). */
export const command: CommandDefinition = {
  configure: (leaf) => leaf.argument('[NAME]', 'name of the project; the default one unless given'),
  run: (context, _options, [name]) =>
    withHome(context, async (home) => {
      const { output } = context;
      const project = home.projects.get(name);
      if (project.hosted === undefined)
        throw new CliError('CLI_FAILED', `the project ${project.name} is not hosted here`);
      using _progress = output.spinner(`Stopping the project ${project.name}`);
      await stopProject(home, project, () => output.warn('it does not end and is forced to'));
      output.result({ plain: `  ${output.resultStyle.success('✔')} The project ${project.name} was stopped` });
    }),
};
