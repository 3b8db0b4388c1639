import type { CommandDefinition } from '../../command.ts';
import { CliError } from '../../errors.ts';
import { withHome } from '../../home.ts';
import { ownIdentity } from '../../options/own-identity.ts';
import { spaceJson, spaceLines } from '../../reports/space-report.ts';

/** `space create [NAME]` (`commands.md` §9.6). */
export const command: CommandDefinition<{ readonly identity?: string }> = {
  about: 'Makes a label under which projects of this machine are grouped. One that is there is shown.',
  configure: (leaf) =>
    leaf
      .argument('[NAME]', 'name of the space; random unless given')
      .argument('[ADMIN...]', 'refused: administrators are members of projects')
      .option('--identity <NAME>', 'accepted for compatibility; made when there is none'),
  run: (context, { identity }, [given, ...admins]) =>
    withHome(context, async (home) => {
      const [{ randomName, requireSpaceName }, { systemRandom }] = await Promise.all([
        import('../../../node/names/index.ts'),
        import('../../../node/system/index.ts'),
      ]);
      if (admins.length > 0) {
        throw new CliError('CLI_FAILED', 'space administrators are e-mail accounts and need a controller', {
          remedy: "use 'perigee project-member add --enroller'",
        });
      }
      const { output } = context;
      const name = requireSpaceName(
        given ?? randomName(systemRandom, (taken) => home.spaces.find(taken) !== undefined),
      );
      if (identity !== undefined) await ownIdentity(context, home, identity);
      const space = home.spaces.ensure(name);
      output.result({
        plain: spaceLines(output, space)
          .map((line) => `    ${line}`)
          .join('\n'),
        json: spaceJson(space),
      });
    }),
};
