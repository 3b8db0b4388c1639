import type { CommandDefinition } from '../../command.ts';
import { CliError } from '../../errors.ts';
import { withHome } from '../../home.ts';

/** `project logs [NAME]` (`commands.md` §9.1). */
export const command: CommandDefinition = {
  configure: (leaf) => leaf.argument('[NAME]', 'name of the project; the default one unless given'),
  bare: {},
  run: (context, _options, [name]) =>
    withHome(context, async (home) => {
      const { newestLog } = await import('../../../node/log-files/index.ts');
      const project = home.projects.get(name);
      const path = newestLog(home.projectDirectory(project.id));
      if (path === undefined)
        throw new CliError('CLI_NOT_FOUND', `there is no log file for the project ${project.name}`);
      const { resultStyle: style } = context.output;
      context.output.result({
        plain: `  ${style.success('✔')} The path for the log file is: ${path}`,
        machine: path,
        json: { path },
      });
    }),
};
