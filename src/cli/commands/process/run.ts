import { getLogger } from '@logtape/logtape';
import { leaveParent, reportFailure, reportReady } from '../../../node/process/index.ts';
import { runProcess } from '../../../node/run/index.ts';
import type { CommandDefinition } from '../../command.ts';
import { EXIT } from '../../errors.ts';
import { withHome } from '../../home.ts';
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
      const closeLog = logToFiles(context, isProject ? home.projectDirectory(name) : home.nodeDirectory(name));
      try {
        await runProcess(isProject ? 'project' : 'node', {
          home,
          name,
          environment: context.environment,
          software: `perigee ${VERSION}`,
          signal: context.signal,
          onReady: () => reportReady(tied === true),
        });
      } catch (error) {
        getLogger(['perigee', 'process']).error('{name} did not start or had to end: {error}', { name, error });
        await reportFailure(error);
        closeLog();
        // Whatever is still open must not keep a process alive that nobody knows.
        process.exit(EXIT.software);
      }
      closeLog();
      leaveParent();
    }),
};
