/**
 * One run of the command line (`commands.md` §1): version · placeholders · global flags · the command's own
 * arguments · the command · its error. Commands are loaded when they are called, so that a short one starts fast.
 */
import { readSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import type { CommandContext, CommandDefinition, CommandEntry } from './command.ts';
import { GROUPS } from './commands/index.ts';
import type { Environment } from './environment.ts';
import { EXIT } from './errors.ts';
import { type Globals, takeGlobals } from './globals.ts';
import { GLOBAL_OPTIONS } from './help.ts';
import { Output, type Sink } from './output.ts';
import { exitCodeOf, renderError } from './render-error.ts';
import { createStyle } from './style.ts';
import { fillPlaceholders } from './stdin-placeholder.ts';
import { explainUsage } from './usage.ts';
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
  const { program, environment, stdout, stderr } = options;
  if (options.argv.some((argument) => argument === '-V' || argument === '--version')) {
    stdout.write(`${version(program)}\n`);
    return EXIT.ok;
  }
  let output: Output | undefined;
  try {
    const argv = fillPlaceholders(options.argv, () => (options.stdin.isTTY === true ? undefined : readLine()));
    const { globals, rest } = takeGlobals(argv, environment);
    output = new Output(globals, stdout, stderr, environment['TERM'] === 'dumb');
    return await dispatch(options, globals, output, rest);
  } catch (error) {
    if (error instanceof CommanderError) return explainUsage(error, { program, stdout, stderr });
    const code = exitCodeOf(error);
    if (code === EXIT.usage)
      stderr.write(`error: ${(error as Error).message}\n\nFor more information, try '--help'.\n`);
    else stderr.write(renderError(error, output?.style ?? createStyle(false)));
    return code;
  }
}

async function dispatch(options: ProgramOptions, globals: Globals, output: Output, rest: string[]): Promise<number> {
  const root = new Command(options.program)
    .description('Services and functions that live anywhere, together as on one private machine.')
    .usage('[OPTIONS] <COMMAND>')
    .exitOverride()
    .configureOutput({ writeOut: (text) => options.stdout.write(text), writeErr: () => undefined })
    .helpCommand('help [command]', 'Print help of a command')
    .addHelpText('after', GLOBAL_OPTIONS);
  let exitCode: number = EXIT.ok;
  const wanted = wantedCommand(rest);
  const controller = new AbortController();
  const context: CommandContext = {
    output,
    globals,
    environment: options.environment,
    signal: controller.signal,
    program: options.program,
  };
  for (const group of GROUPS) {
    const single =
      group.commands.length === 1 && group.commands[0]?.name === group.name ? group.commands[0] : undefined;
    if (single !== undefined) {
      await add(root, single, wanted[0] === single.name);
      continue;
    }
    const noun = root.command(group.name).description(group.summary).addHelpText('after', GLOBAL_OPTIONS);
    noun.usage('[OPTIONS] <COMMAND>').helpCommand(false);
    for (const entry of group.commands) await add(noun, entry, wanted[0] === group.name && wanted[1] === entry.name);
  }
  if (rest.length === 0) {
    root.outputHelp({ error: false });
    return EXIT.usage;
  }
  await root.parseAsync(rest, { from: 'user' });
  return exitCode;

  /** Adds a command; only the wanted one is loaded, the others are names in the help. */
  async function add(parent: Command, entry: CommandEntry, isWanted: boolean): Promise<void> {
    const command = parent.command(entry.name, { hidden: entry.hidden === true }).description(entry.summary);
    command.addHelpText('after', GLOBAL_OPTIONS);
    if (!isWanted) return;
    const definition: CommandDefinition = await entry.load();
    definition.configure(command);
    command.action(async () => {
      if (globals.parseOnly) return;
      const stop = abortOnSignals(controller);
      try {
        exitCode = (await definition.run(context, command.opts(), command.args)) ?? EXIT.ok;
      } finally {
        stop();
      }
    });
  }
}

/** The first two words that are no flags; `help x y` means `x y`. */
function wantedCommand(rest: readonly string[]): readonly string[] {
  const words = rest.filter((argument) => !argument.startsWith('-'));
  return words[0] === 'help' ? words.slice(1) : words;
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
