import type { CommandDefinition } from '../../../command.ts';
import { CliError } from '../../../errors.ts';
import { withHome } from '../../../home.ts';
import { changeProvider, OKTA, providerOf } from './addons.ts';

/** `project addon disable` (`commands.md` §9.9). */
export const command: CommandDefinition<{ readonly project: string; readonly addon: string }> = {
  about: 'Whoever is a member stays one until project-member delete.',
  configure: (leaf) =>
    leaf
      .requiredOption('--project <NAME>', 'the project, hosted here')
      .requiredOption('--addon <ID>', 'the add-on, as project addon list names it'),
  run: (context, { project: name, addon }) =>
    withHome(context, async (home) => {
      const project = home.projects.get(name);
      if (addon !== OKTA || (await providerOf(project)) === undefined) {
        throw new CliError('CLI_NOT_FOUND', `The project ${project.name} has no add-on ${JSON.stringify(addon)}`);
      }
      await changeProvider(context, home, project, undefined);
      context.output.ok('Addon disabled successfully');
    }),
};
