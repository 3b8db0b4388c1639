import { deleteProject } from '../../../node/nodes/index.ts';
import type { CommandDefinition } from '../../command.ts';
import { confirmed } from '../../confirm.ts';
import { withHome } from '../../home.ts';

type Options = { readonly yes?: true };

/** `project delete [SPACE] NAME` (`commands.md` §9.1). */
export const command: CommandDefinition<Options> = {
  about:
    'Forgets a project. One that is hosted here is stopped, and its keys, members and invitations are deleted for good.',
  configure: (leaf) =>
    leaf
      .argument('<SPACE_OR_NAME>', 'name of the project, or the label it was made under')
      .argument('[NAME]', 'name of the project, when the label stands before it')
      .option('-y, --yes', 'do not ask')
      .option('--identity <NAME>', 'accepted for compatibility'),
  run: (context, { yes }, [first = '', second]) =>
    withHome(context, async (home) => {
      const { output } = context;
      const project = home.projects.get(second ?? first);
      if (!(await confirmed(context, yes, 'Are you sure you want to delete this project?'))) return;
      using progress = output.spinner(`Deleting the project ${project.name}`);
      await deleteProject(home, project, () => output.warn('its process does not end and is forced to'));
      progress.done();
      output.result({
        plain: `  ${output.resultStyle.success('✔')} Project with name '${project.name}' has been deleted.`,
        machine: project.name,
        json: { name: project.name },
      });
    }),
};
