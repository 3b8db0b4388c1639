import type { CommandDefinition } from '../../command.ts';
import { CliError } from '../../errors.ts';
import { withHome } from '../../home.ts';

/** `project default [NAME]` (`commands.md` §9.1). */
export const command: CommandDefinition = {
  configure: (leaf) => leaf.argument('[NAME]', 'the project to make the default one'),
  run: (context, _options, [name]) =>
    withHome(context, (home) => {
      const { output } = context;
      const ok = output.resultStyle.success('✔');
      const project = home.projects.get(name);
      if (name === undefined) return output.result({ plain: `  ${ok} The default project is '${project.name}'` });
      if (project.isDefault) throw new CliError('CLI_FAILED', `The project '${name}' is already the default`);
      home.projects.setDefault(name);
      return output.result({ plain: `  ${ok} The project '${name}' is now the default`, machine: name });
    }),
};
