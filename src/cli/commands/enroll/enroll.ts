import { Option } from 'commander';
import { hasCode, nowSeconds } from '../../../kernel/index.ts';
import type { Home, NamedIdentity, ProjectRecord } from '../../../node/home/index.ts';
import type { EnrolledIn } from '../../../node/project/index.ts';
import { systemClock } from '../../../node/system/index.ts';
import type { CommandContext, CommandDefinition } from '../../command.ts';
import { type Environment, setting } from '../../environment.ts';
import { CliError } from '../../errors.ts';
import { starterOf, withHome } from '../../home.ts';
import { ownIdentity } from '../../options/own-identity.ts';
import { projectJson } from '../../reports/project-report.ts';
import { durationMs } from '../../arguments/values.ts';

type Options = {
  readonly identity?: string;
  readonly authorizationCodeFlow?: true;
  readonly force?: true;
  readonly skipResourceCreation?: true;
  readonly timeout: number;
};

/** What the first project and its space are called. */
const FIRST = 'default';

/** `enroll` (`commands.md` §9.5). */
export const command: CommandDefinition<Options> = {
  about:
    'Makes everything that the other commands start from: an identity, a space and a project of your own on this machine, of which\n' +
    'you are a member. What is there already is used. To join the project of somebody else, use project enroll with a ticket.',
  examples: [
    ['perigee enroll', 'on a fresh machine, and again at any time'],
    ['perigee enroll --identity alice', 'as another identity'],
  ],
  configure: (leaf) =>
    leaf
      .option('--identity <NAME>', 'identity that enrolls; the default one unless given')
      .option('--force', 'also when it is enrolled already')
      .option('--timeout <DURATION>', 'how long the authority may take', durationMs, 240_000)
      .addOption(new Option('--authorization-code-flow', 'refused: there is no sign-in service').hideHelp())
      .addOption(new Option('--skip-resource-creation', 'make no space and no project').conflicts('force').hideHelp()),
  run: (context, options) => {
    if (options.authorizationCodeFlow === true) {
      throw new CliError('CLI_FAILED', 'there is no sign-in service: whoever uses this machine enrolls without one', {
        remedy: 'leave --authorization-code-flow out',
      });
    }
    refuseController(context.environment);
    return withHome(context, async (home) => {
      const { output } = context;
      const identity = await ownIdentity(context, home, options.identity);
      const project = await projectToEnrollIn(context, home, identity, options.skipResourceCreation === true);
      const enrolled = await enrollIn(context, home, { identity, project, timeoutMs: options.timeout });
      const before = home.enrollments.find(identity.identifier);
      home.enrollments.put(identity.identifier, nowSeconds(systemClock));
      const { primary } = output.style;
      if (before !== undefined && options.force !== true) {
        output.ok(
          `The identity ${primary(identity.name)} is already enrolled; its project is ${primary(project.name)}`,
        );
      } else {
        output.ok(`Enrolled the identity ${primary(identity.name)} in the project ${primary(project.name)}`);
        output.note(`Invite others with: ${context.program} project ticket`);
      }
      if (context.globals.format === 'json') output.result({ json: projectJson(enrolled.project) });
    });
  },
};

/** Whoever names a controller wants to become a member of its projects, and must not get one of this machine instead. @throws {CliError} CLI_INVALID_ENVIRONMENT */
function refuseController(environment: Environment): void {
  const given = ['CONTROLLER_ADDR', 'CONTROLLER_IDENTITY_ID', 'AUTHENTICATOR_ENDPOINT'].find(
    (name) => setting(environment, name) !== undefined,
  );
  if (given === undefined) return;
  throw new CliError('CLI_INVALID_ENVIRONMENT', `PERIGEE_${given} is set, and there is no controller to enroll with`, {
    remedy: `unset PERIGEE_${given} and OCKAM_${given} to enroll in a project of this machine, or use a ticket: perigee project enroll`,
  });
}

/** The default project, running when it is hosted here; made when there is no project at all. */
async function projectToEnrollIn(
  context: CommandContext,
  home: Home,
  identity: NamedIdentity,
  makeNothing: boolean,
): Promise<ProjectRecord> {
  const { createProject, startProject } = await import('../../../node/nodes/index.ts');
  const { output } = context;
  const { primary } = output.style;
  const known = home.projects.default();
  if (known === undefined) {
    if (makeNothing) {
      throw new CliError('CLI_FAILED', 'There is no project to enroll in', {
        remedy: `leave --skip-resource-creation out, or join a project with: ${context.program} project enroll TICKET`,
      });
    }
    const space = home.spaces.default()?.name ?? FIRST;
    using progress = output.spinner(`Starting the project ${FIRST}`);
    const project = await createProject(
      home,
      { name: FIRST, space, nodeAt: '127.0.0.1:0', authorityAt: '127.0.0.1:0', admins: [identity.identifier] },
      starterOf(context),
    );
    progress.done();
    output.ok(`Created the project ${primary(project.name)} in the space ${primary(space)}, on this machine`);
    output.ok(`Marked ${primary(project.name)} as your default project`);
    return project;
  }
  if (known.hosted === undefined || known.status === 'running') return known;
  using progress = output.spinner(`Starting the project ${known.name}`);
  await startProject(home, known, starterOf(context));
  progress.done();
  output.ok(`Started the project ${primary(known.name)}`);
  return home.projects.get(known.name);
}

/** Gets the credential of a member. @throws {CliError} CLI_FAILED for who is none */
async function enrollIn(
  { output, signal, program }: CommandContext,
  home: Home,
  who: { readonly identity: NamedIdentity; readonly project: ProjectRecord; readonly timeoutMs: number },
): Promise<EnrolledIn> {
  const { enrollWithTicket } = await import('../../../node/project/index.ts');
  using progress = output.spinner('Talking to the authority of the project');
  try {
    const enrolled = await enrollWithTicket(home, { ...who, signal });
    progress.done();
    return enrolled;
  } catch (cause) {
    if (!hasCode(cause, 'ENROLLMENT_REFUSED')) throw cause;
    const { identity, project } = who;
    throw new CliError(
      'CLI_FAILED',
      `The identity ${identity.name} is no member of the project ${project.name}, which is there already`,
      { cause, remedy: `enroll it with a ticket of that project: ${program} project enroll TICKET` },
    );
  }
}
