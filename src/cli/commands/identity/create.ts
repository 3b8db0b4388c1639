import { createIdentity } from '../../../node/identity/index.ts';
import type { CommandDefinition } from '../../command.ts';
import { withHome } from '../../home.ts';

/** `identity create [NAME]` (`commands.md` §8.2). */
export const command: CommandDefinition = {
  about: 'Makes an identity: a key pair of this machine, and the identifier that follows from it.',
  examples: [
    ['perigee identity create', 'an identity with a random name'],
    ['perigee identity create alice', 'an identity named alice; if there is one, its identifier is printed'],
  ],
  configure: (leaf) => leaf.argument('[NAME]', 'name of the identity; random unless given'),
  run: (context, _options, [name]) =>
    withHome(context, async (home) => {
      const made = await createIdentity(home, name);
      const { resultStyle: style } = context.output;
      context.output.result({
        plain: `  ${style.success('✔')} Identity ${style.primary(made.identifier)}\n    created successfully as ${style.primary(made.name)}`,
        machine: made.identifier,
        json: { identifier: made.identifier },
      });
    }),
};
