import { withHome } from '../../../home.ts';
import type { CommandDefinition } from '../../../command.ts';
import { OKTA, providerOf } from './addons.ts';

/** `project addon list` (`commands.md` §9.9). */
export const command: CommandDefinition<{ readonly project: string }> = {
  configure: (leaf) => leaf.requiredOption('--project <NAME>', 'the project'),
  run: (context, { project: name }) =>
    withHome(context, async (home) => {
      const project = home.projects.get(name);
      const provider = await providerOf(project);
      const addons =
        provider === undefined
          ? []
          : [{ id: OKTA, enabled: true, description: `Members sign in at ${provider.tenantBaseUrl}` }];
      const lines = addons.flatMap(({ id, enabled, description }) => [
        '    Addon:',
        `      Id: ${id}`,
        `      Enabled: ${enabled}`,
        `      Description: ${description}`,
      ]);
      if (lines.length === 0) lines.push(`    No addons enabled for project ${project.name}`);
      context.output.result({ plain: lines.join('\n'), json: addons });
    }),
};
