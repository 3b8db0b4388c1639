import type { Home } from '../../node/home/index.ts';
import type { CommandDefinition } from '../command.ts';
import { CliError } from '../errors.ts';
import { withHome } from '../home.ts';

/** Things one of which is the default. */
export interface Defaults {
  /** The named one, else the default one. @throws {NodeError} NODE_UNKNOWN */
  readonly get: (name: string | undefined) => { readonly name: string; readonly isDefault: boolean };
  readonly setDefault: (name: string) => void;
}

/** The command that tells which one is the default, or makes the named one that. @param singular such as `node`. */
export function defaultCommand(
  singular: string,
  defaultsOf: (home: Home) => Defaults,
  argument = 'NAME',
): CommandDefinition {
  return {
    configure: (leaf) => leaf.argument(`[${argument}]`, `the ${singular} to make the default one`),
    bare: {},
    run: (context, _options, [name]) =>
      withHome(context, (home) => {
        const { output } = context;
        const ok = output.resultStyle.success('✔');
        const defaults = defaultsOf(home);
        const item = defaults.get(name);
        if (name === undefined) return output.result({ plain: `  ${ok} The default ${singular} is '${item.name}'` });
        if (item.isDefault) throw new CliError('CLI_FAILED', `The ${singular} '${name}' is already the default`);
        defaults.setDefault(name);
        return output.result({ plain: `  ${ok} The ${singular} '${name}' is now the default`, machine: name });
      }),
  };
}
