import type { NewProjectTerms } from '../../../node/nodes/index.ts';
import type { CommandDefinition } from '../../command.ts';
import { usageError } from '../../errors.ts';
import { starterOf, withHome } from '../../home.ts';
import { ownIdentity } from '../../options/own-identity.ts';
import { projectReport } from '../../reports/project-report.ts';
import { hostPort, identifierInAnyCase } from '../../arguments/checked-values.ts';
import { RepeatableOption } from '../../arguments/repeatable-option.ts';

type Options = {
  readonly identity?: string;
  readonly listenerAddress: string;
  readonly authorityListenerAddress: string;
  readonly publicAddress?: string;
  readonly authorityPublicAddress?: string;
  readonly admin?: readonly string[];
  readonly foreground?: true;
  readonly exitOnEof?: true;
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
          identifierInAnyCase,
        ),
      )
      .option('-f, --foreground', 'run it in this process')
      .option('-e, --exit-on-eof', 'with --foreground: end at the end of standard input'),
  run: (context, options, [space = 'default', given]) => {
    const { foreground = false, exitOnEof = false } = options;
    if (exitOnEof && !foreground) {
      throw usageError('the following required arguments were not provided:\n  --foreground');
    }
    return withHome(context, async (home) => {
      const [
        { randomName, requireProjectName, requireSpaceName },
        { createProject, recordProject },
        { systemRandom },
        { runProjectInForeground },
      ] = await Promise.all([
        import('../../../node/names/index.ts'),
        import('../../../node/nodes/index.ts'),
        import('../../../node/system/index.ts'),
        import('../../projects/project-foreground.ts'),
      ]);
      const { output } = context;
      const name = requireProjectName(
        given ?? randomName(systemRandom, (taken) => home.projects.find(taken) !== undefined),
      );
      const identity = await ownIdentity(context, home, options.identity);
      const known = home.projects.find(name);
      if (known?.hosted?.space === space && (!foreground || known.status === 'running')) {
        return output.result(await projectReport(output, known));
      }
      const terms: NewProjectTerms = {
        name,
        space: requireSpaceName(space),
        nodeAt: options.listenerAddress,
        authorityAt: options.authorityListenerAddress,
        publicAddress: options.publicAddress,
        authorityPublicAddress: options.authorityPublicAddress,
        admins: options.admin ?? [identity.identifier],
      };
      if (!foreground) {
        using _progress = output.spinner(`Starting the project ${name}`);
        const created = await createProject(home, terms, starterOf(context));
        return output.result(await projectReport(output, created));
      }
      // A container makes it at its first start and finds it at the others.
      const { id, forget } =
        known?.hosted?.space === space ? { id: known.id, forget: () => undefined } : recordProject(home, terms);
      let isUp = false;
      try {
        return await runProjectInForeground(context, home, { id, exitOnEof }, async () => {
          isUp = true;
          output.result(await projectReport(output, home.projects.get(name)));
        });
      } catch (error) {
        if (!isUp) forget();
        throw error;
      }
    });
  },
};
