import type { Home } from '../../node/home/index.ts';
import type { CommandContext } from '../command.ts';
import { Output } from '../output/output.ts';
import { VERSION } from '../version.ts';

/** Why a signal is aborted at the end of standard input. */
export const END_OF_INPUT = 'end of input';

/** Runs a recorded node in this process until a signal ends it. @param onReady says what is up. */
export async function runInForeground(
  context: CommandContext,
  home: Home,
  name: string,
  onReady: () => void | Promise<void>,
): Promise<void> {
  const [{ runProcess }, { logToConsole }] = await Promise.all([
    import('../../node/run/index.ts'),
    import('../logging.ts'),
  ]);
  const { output, signal, environment, telemetry } = context;
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
    tracing: telemetry?.tracing,
    signal,
    onReady: async () => {
      await onReady();
      output.note('To exit and stop the Node, please press Ctrl+C');
    },
  });
  output.ok('Node stopped successfully');
}

/** Aborted at the end of standard input, whose content nobody wants. */
export function endOfInput(): { readonly signal: AbortSignal; readonly stop: () => void } {
  const controller = new AbortController();
  const end = (): void => controller.abort(END_OF_INPUT);
  // A file ends without being closed, a terminal or pipe may be closed without an end.
  process.stdin.once('end', end).once('close', end).resume();
  return { signal: controller.signal, stop: () => process.stdin.destroy() };
}

/** Of a command that says nothing, since nobody reads it. */
export function silenced(context: CommandContext): CommandContext {
  const globals = { ...context.globals, quiet: true };
  const surroundings = { dumb: true, interactive: false };
  return { ...context, globals, output: new Output(globals, process.stdout, process.stderr, surroundings) };
}
