/**
 * One run of the command line (`commands.md` §1): version · placeholders · global flags · which command · its arguments ·
 * the command · its error. Only the command that is called is loaded, so that a short one starts fast.
 */
import { readSync } from 'node:fs';
import { GROUPS } from './commands/index.ts';
import type { Environment } from './environment.ts';
import { EXIT } from './errors.ts';
import { takeGlobals } from './globals.ts';
import { Output, type Sink } from './output.ts';
import { prepareCommand, type Preparation } from './prepare-command.ts';
import { exitCodeOf, renderError, renderUsageError } from './render-error.ts';
import { fillPlaceholders } from './stdin-placeholder.ts';
import { createStyle } from './style.ts';
import { findCommand, type Target } from './tree.ts';
import { version } from './version.ts';

/** Where a run takes its input from and puts its output. */
export interface ProgramOptions {
  readonly argv: readonly string[];
  /** What it calls itself. */
  readonly program: string;
  readonly environment: Environment;
  readonly stdin: { readonly isTTY?: boolean };
  readonly stdout: Sink;
  readonly stderr: Sink;
}

/** Runs the command in `argv`; resolves to the exit code. */
export async function main(options: ProgramOptions): Promise<number> {
  const { program, environment, stdin, stdout, stderr } = options;
  if (options.argv.some((argument) => argument === '-V' || argument === '--version')) {
    stdout.write(`${version(program)}\n`);
    return EXIT.ok;
  }
  let output: Output | undefined;
  try {
    const argv = fillPlaceholders(options.argv, () => (stdin.isTTY === true ? undefined : readLine()));
    const { globals, rest } = takeGlobals(argv, environment);
    output = new Output(globals, stdout, stderr, environment['TERM'] === 'dumb');
    const target = findCommand(GROUPS, rest);
    if (target.kind !== 'command') return await showHelp(target, options, output);
    return await runCommand(target, { output, globals, environment, program });
  } catch (error) {
    const code = exitCodeOf(error);
    stderr.write(
      code === EXIT.usage ? renderUsageError(error) : renderError(error, output?.style ?? createStyle(false)),
    );
    return code;
  }
}

/** Help that was asked for is a result; help because nothing was asked is a complaint. */
async function showHelp(
  target: Extract<Target, { kind: 'root' | 'group' }>,
  { program, stdout, stderr }: ProgramOptions,
  output: Output,
): Promise<number> {
  const { rootHelp, groupHelp } = await import('./help.ts');
  const style = target.asked ? output.resultStyle : output.style;
  const text = target.kind === 'root' ? rootHelp(program, GROUPS, style) : groupHelp(program, target.group, style);
  (target.asked ? stdout : stderr).write(text);
  return target.asked ? EXIT.ok : EXIT.usage;
}

async function runCommand(target: Extract<Target, { kind: 'command' }>, preparation: Preparation): Promise<number> {
  const command = await prepareCommand(target, preparation);
  if (command.isHelp || preparation.globals.parseOnly) return EXIT.ok;
  const controller = new AbortController();
  const stopListening = abortOnSignals(controller);
  try {
    return await command.run({ ...preparation, signal: controller.signal });
  } finally {
    stopListening();
  }
}

/** The first signal asks the command to end; a second one ends the process as if nobody had listened. */
function abortOnSignals(controller: AbortController): () => void {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const onSignal = (signal: NodeJS.Signals): void => {
    stop();
    controller.abort(signal);
  };
  const stop = (): void => {
    for (const signal of signals) process.off(signal, onSignal);
  };
  for (const signal of signals) process.on(signal, onSignal);
  return stop;
}

/** One line of standard input, without a buffer that would swallow what follows it. */
function readLine(): string | undefined {
  const bytes: number[] = [];
  const byte = new Uint8Array(1);
  while (bytes.length < 64 * 1024 && readSync(0, byte, 0, 1, null) === 1) {
    if (byte[0] === 0x0a) return Buffer.from(bytes).toString();
    bytes.push(byte[0] ?? 0);
  }
  return bytes.length === 0 ? undefined : Buffer.from(bytes).toString();
}
