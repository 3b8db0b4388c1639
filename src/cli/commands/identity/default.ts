import type { Home, NamedIdentity } from '../../../node/home/index.ts';
import type { CommandDefinition } from '../../command.ts';
import { CliError } from '../../errors.ts';
import { withHome } from '../../home.ts';

/** `identity default [NAME]` (`commands.md` §8.2). */
export const command: CommandDefinition = {
  configure: (leaf) => leaf.argument('[NAME]', 'the identity to make the default one'),
  bare: {},
  run: (context, _options, [name]) =>
    withHome(context, async (home) => {
      const { output } = context;
      const ok = output.resultStyle.success('✔');
      if (name === undefined) {
        const identity = home.identities.default() ?? (await made(home));
        return output.result({ plain: `  ${ok} The name of the default identity is '${identity.name}'` });
      }
      const identity = home.identities.get(name);
      if (identity === undefined) throw new CliError('CLI_NOT_FOUND', `no identifier found with name ${name}`);
      if (identity.isDefault) throw new CliError('CLI_FAILED', `The identity named '${name}' is already the default`);
      home.identities.setDefault(name);
      return output.result({ plain: `  ${ok} The identity named '${name}' is now the default`, machine: name });
    }),
};

/** What makes identities is loaded when there is none. */
async function made(home: Home): Promise<NamedIdentity> {
  const { ensureIdentity } = await import('../../../node/identity/index.ts');
  return ensureIdentity(home, undefined, () => undefined);
}
