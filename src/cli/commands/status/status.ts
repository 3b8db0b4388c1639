import type { Home, NamedIdentity, ProjectRecord } from '../../../node/home/index.ts';
import type { ProjectReach } from '../../../node/reachability/index.ts';
import type { CommandContext, CommandDefinition } from '../../command.ts';
import { withHome } from '../../home.ts';
import { nodeReport, statusOf } from '../../reports/node-report.ts';
import { addressOf } from '../../reports/project-report.ts';
import { spaceJson, spaceLines } from '../../reports/space-report.ts';
import type { Output, Result } from '../../output/output.ts';
import { durationMs } from '../../arguments/values.ts';
import { VERSION } from '../../version.ts';

/** How long a project is waited for unless something else is said, milliseconds. */
const TIMEOUT_MS = 10_000;

/** `status` (`commands.md` §9.7). */
export const command: CommandDefinition<{ readonly timeout: number }> = {
  about:
    'Shows spaces, projects, identities and nodes of this home, and which of them can be reached now. It never fails for one that cannot.',
  configure: (leaf) => leaf.option('--timeout <DURATION>', 'how long a project is waited for', durationMs, TIMEOUT_MS),
  bare: { timeout: TIMEOUT_MS },
  run: (context, { timeout }) =>
    withHome(context, async (home) => {
      using progress = context.output.spinner('Asking nodes and projects');
      const [nodes, projects] = await Promise.all([nodesOf(context, home), projectsOf(context, home, timeout)]);
      progress.done();
      const identities = home.identities.list().map((identity) => identityOf(home, identity));
      const spaces = home.spaces.list();
      const { output } = context;
      const version = { hash: 'N/A', version: VERSION };
      output.result({
        plain: [
          `    Perigee version: ${VERSION}, compiled from: N/A`,
          '    Controller version: N/A',
          '    Project version: N/A',
          section(
            output,
            'Spaces',
            'spaces',
            spaces.map((space) => spaceLines(output, space)),
          ),
          section(
            output,
            'Projects',
            'projects',
            projects.map(({ lines }) => lines),
          ),
          section(
            output,
            'Identities',
            'identities',
            identities.map(({ lines }) => lines),
          ),
          section(
            output,
            'Nodes',
            'nodes',
            nodes.map(({ plain }) => (plain ?? '').split('\n').map((line) => line.replace(/^ {4}/, ''))),
          ),
        ].join('\n'),
        json: {
          identities: identities.map(({ json }) => json),
          nodes: nodes.map(({ json }) => json),
          ockam_version: version,
          orchestrator_version: { project_version: null, version: null },
          perigee_version: version,
          projects: projects.map(({ json }) => json),
          spaces: spaces.map(spaceJson),
        },
      });
    }),
};

function section(
  { resultStyle: style, width }: Output,
  title: string,
  what: string,
  items: readonly (readonly string[])[],
): string {
  const rule = '─'.repeat(Math.min(width - 4, 80));
  const body =
    items.length === 0
      ? `  ${style.warning('!')} No ${what} found`
      : items.map((lines) => lines.map((line) => `    ${line}`).join('\n')).join('\n\n');
  return `\n    ${title}\n    ${rule}\n${body}`;
}

/** Each node is asked once. */
function nodesOf({ output }: CommandContext, home: Home): Promise<readonly Result[]> {
  return Promise.all(home.nodes.list().map(async (node) => nodeReport(output, node, await statusOf(home, node))));
}

interface Shown {
  readonly lines: readonly string[];
  readonly json: unknown;
}

async function projectsOf(
  { output, signal }: CommandContext,
  home: Home,
  timeoutMs: number,
): Promise<readonly Shown[]> {
  const projects = home.projects.list();
  if (projects.length === 0) return [];
  const { reachOf } = await import('../../../node/reachability/index.ts');
  return Promise.all(
    projects.map(async (project) => projectOf(output, project, await reachOf(project, timeoutMs, signal))),
  );
}

function projectOf({ resultStyle: style }: Output, project: ProjectRecord, reach: ProjectReach): Shown {
  const { id, name, isDefault, hosted, status, model } = project;
  const { access_route: nodeRoute, authority_access_route: authorityRoute } = model as Readonly<
    Record<string, unknown>
  >;
  const end = (title: string, route: unknown, reached: boolean | undefined): string => {
    const word = reached === true ? style.success('reachable') : style.failure('not reachable');
    return `${title}: ${addressOf(route) ?? 'N/A'}, ${reached === undefined ? 'address not known' : word}`;
  };
  const here = status === 'running' ? style.success('UP') : style.failure('DOWN');
  return {
    lines: [
      `${style.primary(name)}${isDefault ? ' (default)' : ''}:`,
      `  Id: ${id}`,
      `  Hosted here: ${hosted === undefined ? 'no' : here}`,
      `  ${end('Node', nodeRoute, reach.node)}`,
      `  ${end('Authority', authorityRoute, reach.authority)}`,
    ],
    json: {
      authority: { address: addressOf(authorityRoute), reachable: reach.authority ?? null },
      hosted: hosted !== undefined,
      id,
      is_default: isDefault,
      name,
      node: { address: addressOf(nodeRoute), reachable: reach.node ?? null },
      running: hosted === undefined ? null : status === 'running',
    },
  };
}

function identityOf({ enrollments }: Home, { name, identifier, isDefault }: NamedIdentity): Shown {
  const at = enrollments.find(identifier);
  return {
    lines: [
      `${name}${isDefault ? ' (default)' : ''}:`,
      `  With Identifier ${identifier}`,
      at === undefined ? '  Is not enrolled' : `  Was enrolled at ${new Date(at * 1000).toISOString()}`,
    ],
    json: {
      identifier,
      is_default: isDefault,
      name,
      status: at === undefined ? 'NotEnrolled' : { Enrolled: { at, email: null } },
    },
  };
}
