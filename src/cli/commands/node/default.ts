import type { CommandDefinition } from '../../command.ts';
import { CliError } from '../../errors.ts';
import { withHome } from '../../home.ts';

/** `node default [NAME]` (`commands.md` §8.3). */
export const command: CommandDefinition = {
  configure: (leaf) => leaf.argument('[NODE_NAME]', 'the node to make the default one'),
  run: (context, _options, [name]) =>
    withHome(context, (home) => {
      const { output } = context;
      const ok = output.resultStyle.success('✔');
      if (name === undefined)
        return output.result({ plain: `  ${ok} The default node is '${home.nodes.default().name}'` });
      if (home.nodes.get(name).isDefault) throw new CliError('CLI_FAILED', `The node '${name}' is already the default`);
      home.nodes.setDefault(name);
      return output.result({ plain: `  ${ok} The node '${name}' is now the default`, machine: name });
    }),
};
