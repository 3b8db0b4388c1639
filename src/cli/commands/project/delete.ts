import type { ProjectRecord } from '../../../node/home/index.ts';
import type { CommandDefinition } from '../../command.ts';
import { confirmed } from '../../questions/confirm.ts';
import { deleteItems } from '../../questions/delete-items.ts';
import { usageError } from '../../errors.ts';
import { withHome } from '../../home.ts';

type Options = { readonly yes?: true };

/** `project delete [SPACE] NAME` (`commands.md` §9.1). */
export const command: CommandDefinition<Options> = {
  about:
    'Forgets a project. One that is hosted here is stopped, and its keys, members and invitations are deleted for good.',
  configure: (leaf) =>
    leaf
      .argument('[SPACE_OR_NAME]', 'name of the project, or the label it was made under; asked for on a terminal')
      .argument('[NAME]', 'name of the project, when the label stands before it')
      .option('-y, --yes', 'do not ask')
      .option('--identity <NAME>', 'accepted for compatibility'),
  run: async (context, { yes }, [first, second]) => {
    const { output } = context;
    const given = second ?? first;
    if (given === undefined && !output.canAsk) {
      throw usageError('the following required arguments were not provided:\n  <SPACE_OR_NAME>');
    }
    await withHome(context, async (home) => {
      const { deleteProject } = await import('../../../node/nodes/index.ts');
      const remove = (project: ProjectRecord): Promise<void> =>
        deleteProject(home, project, () => output.warn('its process does not end and is forced to'));
      const done = (name: string): string => `Project with name '${name}' has been deleted.`;
      if (given === undefined) {
        const items = home.projects.list();
        return deleteItems(context, {
          items,
          singular: 'project',
          plural: 'projects',
          name: given,
          all: false,
          yes,
          remove,
          done,
        });
      }
      const project = home.projects.get(given);
      if (!(await confirmed(context, yes, 'Are you sure you want to delete this project?'))) return;
      using progress = output.spinner(`Deleting the project ${project.name}`);
      await remove(project);
      progress.done();
      output.result({
        plain: `  ${output.resultStyle.success('✔')} ${done(project.name)}`,
        machine: project.name,
        json: { name: project.name },
      });
    });
  },
};
