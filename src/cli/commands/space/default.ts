import type { CommandDefinition } from '../../command.ts';
import { CliError } from '../../errors.ts';
import { withHome } from '../../home.ts';

/** `space default [NAME]` (`commands.md` §9.6). */
export const command: CommandDefinition = {
  configure: (leaf) => leaf.argument('[NAME]', 'the space to make the default one'),
  run: (context, _options, [name]) =>
    withHome(context, (home) => {
      const { output } = context;
      const ok = output.resultStyle.success('✔');
      const space = home.spaces.get(name);
      if (name === undefined) return output.result({ plain: `  ${ok} The default space is '${space.name}'` });
      if (space.isDefault) throw new CliError('CLI_FAILED', `The space '${name}' is already the default`);
      home.spaces.setDefault(name);
      return output.result({ plain: `  ${ok} The space '${name}' is now the default`, machine: name });
    }),
};
