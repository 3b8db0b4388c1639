import type { CommandDefinition } from '../../command.ts';
import { withHome } from '../../home.ts';
import { listOf } from '../../list.ts';
import { projectJson } from '../../project-report.ts';

/** `project list` (`commands.md` §9.1). */
export const command: CommandDefinition = {
  run: (context) =>
    withHome(context, (home) => {
      const { output } = context;
      const { resultStyle: style } = output;
      const projects = home.projects.list();
      const items = projects.map(({ id, name, isDefault, hosted, status }) => [
        `Project ${style.primary(name)}${isDefault ? ' (default)' : ''}`,
        `Id: ${id}`,
        hosted === undefined
          ? 'Joined'
          : `Hosted here, ${status === 'running' ? style.success('UP') : style.failure('DOWN')}`,
      ]);
      output.result({ plain: listOf(output, 'Projects', items, 'No projects found'), json: projects.map(projectJson) });
    }),
};
