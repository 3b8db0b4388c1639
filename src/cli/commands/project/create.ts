import { randomName, requireProjectName } from '../../../node/home/index.ts';
import { createProject } from '../../../node/nodes/index.ts';
import { systemRandom } from '../../../node/system/index.ts';
import { parseIdentifier } from '../../../trust/identity/index.ts';
import type { CommandDefinition } from '../../command.ts';
import { starterOf, withHome } from '../../home.ts';
import { ownIdentity } from '../../own-identity.ts';
import { projectReport } from '../../project-report.ts';
import { hostPort } from '../../checked-values.ts';
import { RepeatableOption } from '../../values.ts';

type Options = {
  readonly identity?: string;
  readonly listenerAddress: string;
  readonly authorityListenerAddress: string;
  readonly publicAddress?: string;
  readonly authorityPublicAddress?: string;
  readonly admin?: readonly string[];
};

/** `project create SPACE [NAME]` (`commands.md` §9.1). */
export const command: CommandDefinition<Options> = {
  about:
    'Makes a project of your own on this machine: an authority, which says who is a member, and a node where members that can\n' +
    'only dial out meet. Both run in one service process. You are its first enroller.',
  examples: [
    ['perigee project create default', 'for this machine only'],
    [
      'perigee project create default --listener-address 0.0.0.0:4000 --public-address relay.example.org \\\n' +
        '      --authority-listener-address 0.0.0.0:4001 --authority-public-address relay.example.org',
      'for members everywhere',
    ],
  ],
  configure: (leaf) =>
    leaf
      .argument('<SPACE>', 'a label under which projects are grouped')
      .argument('[NAME]', 'name of the project; random unless given')
      .option('--identity <NAME>', 'identity that creates it; the default one unless given')
      .option('--listener-address <HOST:PORT>', 'where the project node listens', hostPort, '127.0.0.1:0')
      .option('--authority-listener-address <HOST:PORT>', 'where the authority listens', hostPort, '127.0.0.1:0')
      .option('--public-address <HOST[:PORT]>', 'under which address others reach the project node')
      .option('--authority-public-address <HOST[:PORT]>', 'under which address others reach the authority')
      .addOption(
        new RepeatableOption(
          '--admin <IDENTIFIER>',
          'a pre-trusted enroller; the creator unless given',
          parseIdentifier,
        ),
      ),
  run: (context, options, [space = 'default', given]) =>
    withHome(context, async (home) => {
      const { output } = context;
      const name = requireProjectName(
        given ?? randomName(systemRandom, (taken) => home.projects.find(taken) !== undefined),
      );
      const identity = await ownIdentity(context, home, options.identity);
      const known = home.projects.find(name);
      if (known?.hosted?.space === space) return output.result(projectReport(output, known));
      using _progress = output.spinner(`Starting the project ${name}`);
      const project = await createProject(
        home,
        {
          name,
          space,
          nodeAt: options.listenerAddress,
          authorityAt: options.authorityListenerAddress,
          publicAddress: options.publicAddress,
          authorityPublicAddress: options.authorityPublicAddress,
          admins: options.admin ?? [identity.identifier],
        },
        starterOf(context),
      );
      return output.result(projectReport(output, project));
    }),
};
