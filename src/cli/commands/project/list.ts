import type { CommandDefinition } from '../../command.ts';
import { withHome } from '../../home.ts';
import { listOf } from '../../output/list.ts';
import { projectJson } from '../../reports/project-report.ts';

/** `project list` (`commands.md` §9.1). */
export const command: CommandDefinition = {
  configure: (leaf) => leaf.option('--identity <NAME>', 'accepted for compatibility'),
  bare: {},
  run: (context) =>
    withHome(context, (home) => {
      const { output } = context;
      const { resultStyle: style } = output;
      const projects = home.projects.list();
      const items = projects.map(({ id, name, isDefault, hosted, status, model }) => [
        `Project ${style.primary(name)}${isDefault ? ' (default)' : ''}`,
        `Id: ${id}`,
        `Space: ${textOf(model, 'space_name')}`,
        `Route: ${textOf(model, 'access_route')}`,
        hosted === undefined
          ? 'Joined'
          : `Hosted here, ${status === 'running' ? style.success('UP') : style.failure('DOWN')}`,
      ]);
      output.result({ plain: listOf(output, 'Projects', items, 'No projects found'), json: projects.map(projectJson) });
    }),
};

/** A text of the model; a project that has never run has none. */
function textOf(model: unknown, field: string): string {
  const value = (model as Readonly<Record<string, unknown>>)[field];
  return typeof value === 'string' && value !== '' ? value : 'N/A';
}
