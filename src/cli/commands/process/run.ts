import { getLogger } from '@logtape/logtape';
import { leaveParent, reportFailure, reportReady } from '../../../node/process/index.ts';
import { runProcess } from '../../../node/run/index.ts';
import type { TelemetryExport } from '../../../node/telemetry/index.ts';
import type { CommandContext, CommandDefinition } from '../../command.ts';
import { isExporting } from '../../environment.ts';
import { EXIT } from '../../errors.ts';
import { type CommandHome, withHome } from '../../home.ts';
import { logToFiles } from '../../logging.ts';
import { VERSION } from '../../version.ts';

type Options = { readonly tied?: true };

/** `process run KIND NAME`: what a process in the background does; other commands start it. */
export const command: CommandDefinition<Options> = {
  configure: (leaf) =>
    leaf
      .argument('<KIND>', 'node or project')
      .argument('<NAME>', 'name of the node, id of the project')
      .option('--tied', 'end when the process that started this one is gone'),
  run: (context, { tied }, [kind, name = '']) =>
    withHome(context, async (home) => {
      const isProject = kind === 'project';
      const telemetry = await telemetryOf(context, home, isProject, name).catch(async (error: unknown) => {
        await reportFailure(error);
        throw error;
      });
      const closeLog = logToFiles(
        { ...context, telemetry },
        isProject ? home.projectDirectory(name) : home.nodeDirectory(name),
      );
      try {
        await runProcess(isProject ? 'project' : 'node', {
          home,
          name,
          environment: context.environment,
          software: `perigee ${VERSION}`,
          tracing: telemetry?.tracing,
          signal: context.signal,
          onReady: () => reportReady(tied === true),
        });
      } catch (error) {
        getLogger(['perigee', 'process']).error('{name} did not start or had to end: {error}', { name, error });
        await reportFailure(error);
        await telemetry?.close();
        closeLog();
        // Whatever is still open must not keep a process alive that nobody knows.
        process.exit(EXIT.software);
      }
      const isDone = (await telemetry?.close()) ?? true;
      closeLog();
      leaveParent();
      if (!isDone) process.exit(EXIT.ok);
    }),
};

/** A process that does not export is not to load what would. */
async function telemetryOf(
  { environment }: CommandContext,
  home: CommandHome,
  isProject: boolean,
  name: string,
): Promise<TelemetryExport | undefined> {
  if (!isExporting(environment)) return undefined;
  const { exportProcess } = await import('../../telemetry/index.ts');
  const kind = isProject ? 'project' : home.nodes.get(name).kind;
  return exportProcess(environment, { kind, name });
}
