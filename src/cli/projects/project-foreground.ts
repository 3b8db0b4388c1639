/** The service process of a project in this process, for containers and supervisors (`commands.md` §9.1). */
import type { Home, ProjectRecord } from '../../node/home/index.ts';
import { runProcess } from '../../node/run/index.ts';
import type { CommandContext } from '../command.ts';
import { endOfInput } from '../nodes/foreground.ts';
import { logToConsole } from '../logging.ts';
import { VERSION } from '../version.ts';

/** Runs a hosted project until a signal, or with `exitOnEof` the end of standard input. @param onReady says what is up. */
export async function runProjectInForeground(
  context: CommandContext,
  home: Home,
  { id, exitOnEof }: Pick<ProjectRecord, 'id'> & { readonly exitOnEof: boolean },
  onReady: () => void | Promise<void>,
): Promise<void> {
  const { output, environment, telemetry } = context;
  const eof = exitOnEof ? endOfInput() : undefined;
  const signal = eof === undefined ? context.signal : AbortSignal.any([context.signal, eof.signal]);
  logToConsole(context);
  const told = (): void => output.warn(context.signal.aborted ? 'Exit signal received' : 'EOF received');
  signal.addEventListener('abort', told, { once: true });
  try {
    await runProcess('project', {
      home,
      name: id,
      environment,
      software: `perigee ${VERSION}`,
      tracing: telemetry?.tracing,
      signal,
      onReady: async () => {
        await onReady();
        output.note('To exit and stop the Project, please press Ctrl+C');
      },
    });
  } finally {
    eof?.stop();
  }
  output.ok('Project stopped successfully');
}
