import type { ProjectRecord } from '../../../node/home/index.ts';
import type { CommandDefinition } from '../../command.ts';
import { withHome } from '../../home.ts';
import { durationMs } from '../../arguments/values.ts';
import { VERSION } from '../../version.ts';

type Options = { readonly timeout: number };

/** How long a project is waited for unless something else is said, milliseconds. */
const TIMEOUT_MS = 10_000;

/** `project version` (`commands.md` §9.1). */
export const command: CommandDefinition<Options> = {
  about: 'Prints what software the default project runs on, when its node can be reached, and the version of this one.',
  configure: (leaf) =>
    leaf
      .option('--timeout <DURATION>', 'how long the project is waited for', durationMs, TIMEOUT_MS)
      .option('--identity <NAME>', 'accepted for compatibility'),
  bare: { timeout: TIMEOUT_MS },
  run: (context, { timeout }) =>
    withHome(context, async (home) => {
      const { output, signal } = context;
      const project = home.projects.default();
      const reached = project !== undefined && (await isReached(project, timeout, signal));
      const { version } = (project?.model ?? {}) as { readonly version?: string };
      const known = reached ? (version ?? 'unknown') : 'unknown';
      output.result({
        plain: `  ${output.resultStyle.success('✔')} Version of the project is ${known}, of this program ${VERSION}`,
        machine: known,
        json: { project_version: known, version: VERSION },
      });
    }),
};

async function isReached(project: ProjectRecord, timeoutMs: number, signal: AbortSignal): Promise<boolean> {
  const { reachOf } = await import('../../../node/reachability/index.ts');
  return (await reachOf(project, timeoutMs, signal)).node === true;
}
