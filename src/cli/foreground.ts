import type { Home } from '../node/home/index.ts';
import { runProcess } from '../node/run/index.ts';
import type { CommandContext } from './command.ts';
import { logToConsole } from './logging.ts';
import { VERSION } from './version.ts';

/** Why a signal is aborted at the end of standard input. */
export const END_OF_INPUT = 'end of input';

/** Runs a recorded node in this process until a signal ends it. @param onReady says what is up. */
export async function runInForeground(
  context: CommandContext,
  home: Home,
  name: string,
  onReady: () => void | Promise<void>,
): Promise<void> {
  const { output, signal, environment } = context;
  logToConsole(context);
  signal.addEventListener(
    'abort',
    () => output.warn(signal.reason === END_OF_INPUT ? 'EOF received' : 'Exit signal received'),
    { once: true },
  );
  await runProcess('node', {
    home,
    name,
    environment,
    software: `perigee ${VERSION}`,
    signal,
    onReady: async () => {
      await onReady();
      output.note('To exit and stop the Node, please press Ctrl+C');
    },
  });
  output.ok('Node stopped successfully');
}
